// Text that people read, compare or type again, by Unicode's rules. All of it expects valid UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "contracts/message.hpp"

namespace stagedoor::text {

// Normalization Form C (UAX #15): an "é" of one code point and one of two become the same text.
[[nodiscard]] std::string nfc(std::string_view text);

// Without white space of any script at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

// Whether nothing of it can be seen: white space, invisible characters, marks without a letter to carry them.
[[nodiscard]] bool is_blank(std::string_view text);

enum class Hidden {
    control,    // U+0000 to U+001F except line breaks and tabs, U+007F to U+009F
    direction,  // bidirectional controls, which show text in another order than it is stored
    invisible,  // ignorable code points where they have no effect, or only one that can't be seen
};
struct HiddenCharacter {
    Hidden kind = Hidden::control;
    char32_t code_point = 0;
};
// The first character that a reader can't see. Joiners, variation selectors and tags are allowed where
// Unicode gives them an effect: in emoji, Indic scripts, cursive scripts such as Arabic, and ideographs.
[[nodiscard]] std::optional<HiddenCharacter> first_hidden(std::string_view text);
[[nodiscard]] std::string without_hidden(std::string_view text);

// What is wrong with the text, as a predicate: "must not contain invisible characters (U+200B)".
[[nodiscard]] Message problem_with(HiddenCharacter hidden);

// A password as it is hashed and compared: RFC 8265's profile OpaqueString (spaces of any script are U+0020,
// NFC), except that emoji sequences are allowed. nullopt if it is empty or has hidden characters, line breaks
// and tabs included.
[[nodiscard]] std::optional<std::string> opaque_string(std::string_view text);

}  // namespace stagedoor::text
