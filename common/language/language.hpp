// The languages of pages, emails and errors. Adding one: docs/languages.md.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace stagedoor {

enum class Language { en, de, fr, es };

inline constexpr std::array all_languages{Language::en, Language::de, Language::fr, Language::es};

constexpr auto wire_names(Language) {
    return std::array{
        std::pair{Language::en, std::string_view{"en"}}, std::pair{Language::de, std::string_view{"de"}},
        std::pair{Language::fr, std::string_view{"fr"}}, std::pair{Language::es, std::string_view{"es"}}};
}

constexpr std::size_t index_of(Language language) { return static_cast<std::size_t>(language); }

// As a language tag (RFC 5646): of a page's `lang`, a path's prefix, a header.
constexpr std::string_view to_tag(Language language) {
    return wire_names(language).at(index_of(language)).second;
}

// In any case; nullopt for all but the tags above.
constexpr std::optional<Language> language_of_tag(std::string_view tag) {
    auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    for (const auto& [language, name] : wire_names(Language{})) {
        if (tag.size() == 2 && lower(tag[0]) == name[0] && lower(tag[1]) == name[1]) return language;
    }
    return std::nullopt;
}

// What its speakers call it, for those who look for it.
constexpr std::string_view own_name(Language language) {
    constexpr std::array<std::string_view, all_languages.size()> names{"English", "Deutsch", "Français",
                                                                       "Español"};
    return names.at(index_of(language));
}

// All of them are written from left to right.
constexpr std::string_view direction_of(Language) { return "ltr"; }

}  // namespace stagedoor
