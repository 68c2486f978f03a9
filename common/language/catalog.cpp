#include "common/language/catalog.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "common/json/value.hpp"
#include "common/language/message.hpp"

namespace stagedoor::language {
namespace {

std::string path_of(Language language) { return fmt::format("locales/{}.json", to_tag(language)); }

// The texts of one file, by key. What is wrong goes to `problems`.
std::map<std::string, std::string> read_file(const templates::Asset& file,
                                             std::vector<std::string>& problems) {
    std::map<std::string, std::string> texts;
    auto document = json::parse(file.content);
    if (!document || !document->object()) {
        problems.push_back(
            fmt::format("{}: {}", file.path, document ? "must be an object" : to_text(document.error())));
        return texts;
    }
    for (const auto& [key, value] : *document->object()) {
        if (const auto* text = value.string(); text && !text->empty())
            texts.emplace(key, *text);
        else
            problems.push_back(fmt::format("{}: \"{}\" must be a text", file.path, key));
    }
    return texts;
}

std::optional<Pattern> parse(const std::string& path, const std::string& key, const std::string& text,
                             Language language, std::vector<std::string>& problems) {
    try {
        return Pattern{text, language};
    } catch (const std::runtime_error& error) {
        problems.push_back(fmt::format("{}: \"{}\" {}", path, key, error.what()));
        return std::nullopt;
    }
}

}  // namespace

Catalog::Catalog(const std::vector<templates::Asset>& assets) {
    std::vector<std::string> problems;
    std::map<std::string, std::string> english;
    for (auto language : all_languages) {
        auto path = path_of(language);
        auto file = std::ranges::find(assets, path, &templates::Asset::path);
        if (file == assets.end()) {
            problems.push_back(path + " is missing");
            continue;
        }
        auto texts = read_file(*file, problems);
        if (language == Language::en) english = texts;
        for (const auto& [key, text] : english) {
            if (!texts.contains(key)) problems.push_back(fmt::format("{} lacks \"{}\"", path, key));
        }
        for (const auto& [key, text] : texts) {
            if (!english.contains(key)) {
                problems.push_back(fmt::format("{}: \"{}\" is not in {}", path, key, path_of(Language::en)));
                continue;
            }
            auto pattern = parse(path, key, text, language, problems);
            if (!pattern) continue;
            auto& translations = texts_[key];
            if (!translations.empty() && translations.front().arguments() != pattern->arguments())
                problems.push_back(fmt::format("{}: \"{}\" has the arguments {{{}}}, in English {{{}}}", path,
                                               key, fmt::join(pattern->arguments(), ", "),
                                               fmt::join(translations.front().arguments(), ", ")));
            translations.push_back(std::move(*pattern));
        }
    }
    if (!problems.empty())
        throw std::runtime_error(fmt::format("the texts are not complete:\n{}", fmt::join(problems, "\n")));
}

const Catalog::Translations& Catalog::find(std::string_view key) const {
    auto found = texts_.find(key);
    if (found == texts_.end()) throw std::logic_error(fmt::format("there is no text \"{}\"", key));
    return found->second;
}

std::string Catalog::text(Language language, std::string_view key, Arguments arguments) const {
    return find(key).at(index_of(language)).format(arguments);
}

std::vector<std::string> Catalog::keys() const {
    std::vector<std::string> all;
    for (const auto& [key, translations] : texts_) all.push_back(key);
    return all;
}

const std::set<std::string>& Catalog::arguments(std::string_view key) const {
    return find(key).front().arguments();
}

}  // namespace stagedoor::language
