#include "common/language/pattern.hpp"

#include <fmt/format.h>
#include <unicode/messagepattern.h>
#include <unicode/plurrule.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "common/language/locale.hpp"

namespace stagedoor::language {
namespace {

using icu::MessagePattern;

std::string narrow(const icu::UnicodeString& text) {
    std::string out;
    text.toUTF8String(out);
    return out;
}

// Immutable, so any thread may ask them.
const icu::PluralRules& plural_rules(Language language) {
    static const auto all = [] {
        std::array<std::unique_ptr<icu::PluralRules>, all_languages.size()> rules;
        for (auto each : all_languages) {
            auto error = U_ZERO_ERROR;
            auto& own = rules.at(index_of(each));
            own.reset(icu::PluralRules::forLocale(icu::Locale{std::string{to_tag(each)}.c_str()}, error));
            if (U_FAILURE(error) || !own) throw std::runtime_error("ICU has no plural rules");
        }
        return rules;
    }();
    return *all.at(index_of(language));
}

// "one", "other": the only categories that texts of our languages need.
std::string plural_category(Language language, std::int64_t number) {
    return narrow(plural_rules(language).select(static_cast<double>(number)));
}

bool has_category(Language language, std::string_view name) {
    auto& rules = plural_rules(language);
    return rules.isKeyword(icu::UnicodeString::fromUTF8({name.data(), static_cast<int32_t>(name.size())})) !=
           0;
}

}  // namespace

struct Pattern::Choice {
    std::string selector;                 // "one", "seconds"
    std::optional<std::int64_t> exactly;  // "=0"
    Parts parts;
};

struct Pattern::Part {
    enum class Kind { literal, argument, number, plural, select, number_sign };
    Kind kind = Kind::literal;
    std::string text = {};  // of a literal; else the argument's name
    std::vector<Choice> choices = {};
};

// Turns ICU's list of parts into a tree.
class Pattern::Parser {
  public:
    Parser(Pattern& pattern, std::string_view text)
        : pattern_(pattern),
          text_(icu::UnicodeString::fromUTF8({text.data(), static_cast<int32_t>(text.size())})),
          parsed_(text_, &where_, error_) {
        if (U_FAILURE(error_))
            throw std::runtime_error(fmt::format("is no message: {} at character {} of \"{}\"",
                                                 u_errorName(error_), where_.offset + 1, text));
    }

    // The message that begins at part `at`; moves to its end.
    Parts message(int32_t& at) {
        Parts parts;
        auto from = parsed_.getPart(at).getLimit();
        for (++at;; ++at) {
            const auto& part = parsed_.getPart(at);
            auto type = part.getType();
            literal(parts, from, part.getIndex());
            from = part.getLimit();
            if (type == UMSGPAT_PART_TYPE_MSG_LIMIT) return parts;
            if (type == UMSGPAT_PART_TYPE_REPLACE_NUMBER) {
                parts.push_back({.kind = Part::Kind::number_sign});
            } else if (type == UMSGPAT_PART_TYPE_ARG_START) {
                auto end = parsed_.getLimitPartIndex(at);
                parts.push_back(argument(at, part.getArgType()));
                at = end;
                from = parsed_.getPart(end).getLimit();
            }
        }
    }

  private:
    std::string between(int32_t from, int32_t to) { return narrow(text_.tempSubStringBetween(from, to)); }

    void literal(Parts& parts, int32_t from, int32_t to) {
        if (from >= to) return;
        auto text = between(from, to);
        if (!parts.empty() && parts.back().kind == Part::Kind::literal)
            parts.back().text += text;
        else
            parts.push_back({.kind = Part::Kind::literal, .text = std::move(text)});
    }

    Part argument(int32_t at, UMessagePatternArgType type) {
        auto name = narrow(parsed_.getSubstring(parsed_.getPart(++at)));
        pattern_.arguments_.insert(name);
        ++at;
        switch (type) {
            case UMSGPAT_ARG_TYPE_NONE:
                return {.kind = Part::Kind::argument, .text = std::move(name)};
            case UMSGPAT_ARG_TYPE_SIMPLE: {
                auto format = narrow(parsed_.getSubstring(parsed_.getPart(at)));
                auto has_style = parsed_.getPart(at + 1).getType() == UMSGPAT_PART_TYPE_ARG_STYLE;
                if (format != "number" || has_style)
                    throw std::runtime_error(fmt::format(
                        "has {{{}, {}…}}: only {{name}}, {{name, number}}, plural and select are used", name,
                        format));
                return {.kind = Part::Kind::number, .text = std::move(name)};
            }
            case UMSGPAT_ARG_TYPE_PLURAL:
                return {.kind = Part::Kind::plural, .text = std::move(name), .choices = choices(at, true)};
            case UMSGPAT_ARG_TYPE_SELECT:
                return {.kind = Part::Kind::select, .text = std::move(name), .choices = choices(at, false)};
            default:
                throw std::runtime_error(
                    fmt::format("has an argument \"{}\" of a type that isn't used", name));
        }
    }

    std::vector<Choice> choices(int32_t at, bool plural) {
        std::vector<Choice> all;
        while (parsed_.getPart(at).getType() == UMSGPAT_PART_TYPE_ARG_SELECTOR) {
            Choice choice{
                .selector = narrow(parsed_.getSubstring(parsed_.getPart(at))), .exactly = {}, .parts = {}};
            ++at;
            if (MessagePattern::Part::hasNumericValue(parsed_.getPart(at).getType())) {
                choice.exactly = static_cast<std::int64_t>(parsed_.getNumericValue(parsed_.getPart(at)));
                ++at;
            } else if (plural && !has_category(pattern_.language_, choice.selector)) {
                throw std::runtime_error(fmt::format("has the plural category \"{}\", which {} does not have",
                                                     choice.selector, own_name(pattern_.language_)));
            }
            choice.parts = message(at);
            ++at;
            all.push_back(std::move(choice));
        }
        if (all.empty()) throw std::runtime_error("has a plural with an offset, which isn't used");
        return all;
    }

    Pattern& pattern_;
    icu::UnicodeString text_;
    UErrorCode error_ = U_ZERO_ERROR;
    UParseError where_{};
    MessagePattern parsed_;
};

Pattern::Pattern(std::string_view text, Language language) : language_(language) {
    int32_t start = 0;
    parts_ = std::make_unique<Parts>(Parser{*this, text}.message(start));
}
Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

const Pattern::Parts& Pattern::chosen(const Part& part, const Argument& argument) const {
    const auto* number = std::get_if<std::int64_t>(&argument.value);
    const auto* text = std::get_if<std::string_view>(&argument.value);
    if (part.kind == Part::Kind::plural && !number)
        throw std::logic_error("the argument " + part.text + " of a text must be a number");
    if (number) {
        auto exact = std::ranges::find(part.choices, std::optional{*number}, &Choice::exactly);
        if (exact != part.choices.end()) return exact->parts;
    }
    auto selector = part.kind == Part::Kind::plural ? plural_category(language_, *number)
                                                    : std::string{text ? *text : std::string_view{}};
    auto found = std::ranges::find(part.choices, selector, &Choice::selector);
    if (found == part.choices.end())
        found = std::ranges::find(part.choices, std::string_view{"other"}, &Choice::selector);
    return found->parts;  // ICU demands "other"
}

void Pattern::format(const Parts& parts, Arguments arguments, const std::int64_t* plural,
                     std::string& out) const {
    for (const auto& part : parts) {
        if (part.kind == Part::Kind::literal) {
            out += part.text;
            continue;
        }
        if (part.kind == Part::Kind::number_sign) {
            out += number(*plural, language_);
            continue;
        }
        auto found = std::ranges::find(arguments, part.text, &Argument::name);
        if (found == arguments.end()) throw std::logic_error("a text lacks its argument " + part.text);
        const auto* whole = std::get_if<std::int64_t>(&found->value);
        if (part.kind == Part::Kind::plural || part.kind == Part::Kind::select) {
            format(chosen(part, *found), arguments, part.kind == Part::Kind::plural ? whole : plural, out);
        } else if (whole) {
            out += number(*whole, language_);
        } else {
            out += std::get<std::string_view>(found->value);
        }
    }
}

std::string Pattern::format(Arguments arguments) const {
    std::string out;
    format(*parts_, arguments, nullptr, out);
    return out;
}

}  // namespace stagedoor::language
