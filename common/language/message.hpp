// Errors in the language of whoever caused them. Their English is in the code (contracts/message.hpp); the
// translations are in locales/errors.de.json, … by the English text, and names of fields in
// locales/fields.json.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/language/asset.hpp"
#include "common/language/language.hpp"
#include "contracts/message.hpp"

namespace stagedoor::language {

// Any thread. A text without a translation, which tests/tidy rules out, is shown in English.
[[nodiscard]] std::string to_text(const Message& message, Language language = Language::en);

// Whether the message goes on after the name of its field, as "must not be empty" does.
[[nodiscard]] bool is_predicate(const Message& message);
// "Title must not be empty", "Titre : …"
[[nodiscard]] std::string with_subject(std::string subject, std::string predicate, Language language);

// What a field of the API is called on forms; nullopt if it is on none.
[[nodiscard]] std::optional<std::string> label_of(std::string_view field, Language language);
// The same; otherwise the API's own name in quotation marks.
[[nodiscard]] std::string field_name(std::string_view field, Language language);

// The files that the translations come from.
[[nodiscard]] std::vector<templates::Asset> embedded_assets();

}  // namespace stagedoor::language
