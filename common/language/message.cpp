#include "common/language/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>

#include "common/json/value.hpp"
#include "common/language/locale.hpp"
#include "common/language/pattern.hpp"

namespace stagedoor::language {
namespace {

using ByEnglish = std::map<std::string, std::vector<Pattern>, std::less<>>;  // by language
using Names = std::map<std::string, std::string, std::less<>>;

json::Value read(const std::string& path) {
    auto assets = embedded_assets();
    auto file = std::ranges::find(assets, path, &templates::Asset::path);
    if (file == assets.end()) throw std::runtime_error(path + " is missing");
    auto document = json::parse(file->content);
    if (!document || !document->object()) throw std::runtime_error(path + " can't be read");
    return std::move(*document);
}

// What another library says is in English, so translations leave it out.
std::set<std::string> shown_arguments(const Pattern& pattern) {
    auto arguments = pattern.arguments();
    arguments.erase("reason");
    return arguments;
}

// Read when the first error is shown: they are compiled in, so a test has read them before.
const ByEnglish& translations() {
    static const auto all = [] {
        ByEnglish read_ones;
        for (auto language : all_languages) {
            if (language == Language::en) continue;
            auto file = read(fmt::format("locales/errors.{}.json", to_tag(language)));
            for (const auto& [english, text] : *file.object()) {
                auto& patterns = read_ones[english];
                if (patterns.empty()) patterns.emplace_back(english, Language::en);
                patterns.emplace_back(*text.string(), language);
                if (shown_arguments(patterns.back()) != shown_arguments(patterns.front()))
                    throw std::runtime_error("a translation has other arguments than: " + english);
                if (patterns.size() != index_of(language) + 1)
                    throw std::runtime_error("not in all languages: " + english);
            }
        }
        return read_ones;
    }();
    return all;
}

const Names& field_names(Language language) {
    static const auto all = [] {
        std::array<Names, all_languages.size()> names;
        auto file = read("locales/fields.json");
        for (const auto& [field, by_language] : *file.object()) {
            for (auto each : all_languages) {
                if (const auto* name = by_language[to_tag(each)].string())
                    names.at(index_of(each))[field] = *name;
            }
        }
        return names;
    }();
    return all.at(index_of(language));
}

std::string format(const Pattern& pattern, const Message& message, Language language) {
    std::vector<std::string> dates;
    dates.reserve(message.arguments().size());
    std::vector<Argument> arguments;
    for (const auto& [name, value] : message.arguments()) {
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            arguments.push_back({name, *number});
        } else if (const auto* date = std::get_if<Instant>(&value)) {
            dates.push_back(date_only(*date, "UTC", language));
            arguments.push_back({name, std::string_view{dates.back()}});
        } else {
            arguments.push_back({name, std::string_view{std::get<std::string>(value)}});
        }
    }
    return pattern.format(arguments);
}

}  // namespace

std::string to_text(const Message& message, Language language) {
    if (!message.is_translatable()) return message.pattern();
    // Most messages of most requests.
    if (language == Language::en && message.arguments().empty()) return message.pattern();
    auto found = translations().find(message.pattern());
    if (found != translations().end()) return format(found->second.at(index_of(language)), message, language);
    if (message.arguments().empty()) return message.pattern();
    return format(Pattern{message.pattern(), Language::en}, message, Language::en);
}

bool is_predicate(const Message& message) {
    const auto& english = message.pattern();
    return message.is_translatable() && !english.empty() && english.front() >= 'a' && english.front() <= 'z';
}

std::string with_subject(std::string subject, std::string predicate, Language language) {
    // French and Spanish would have to agree in gender.
    const auto* between = language == Language::fr ? "\u00A0: " : language == Language::es ? ": " : " ";
    return std::move(subject) + between + predicate;
}

std::optional<std::string> label_of(std::string_view field, Language language) {
    const auto& names = field_names(language);
    auto found = names.find(field);
    return found == names.end() ? std::nullopt : std::optional{found->second};
}

std::string field_name(std::string_view field, Language language) {
    if (auto label = label_of(field, language)) return std::move(*label);
    switch (language) {
        case Language::de:
            return fmt::format("„{}“", field);
        case Language::fr:
            return fmt::format("\u00AB\u00A0{}\u00A0\u00BB", field);
        case Language::es:
            return fmt::format("\u00AB{}\u00BB", field);
        default:
            return fmt::format("\"{}\"", field);
    }
}

}  // namespace stagedoor::language
