// UTF-8 and Unicode, by utf8proc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stagedoor::text {

// The bytes of the well-formed UTF-8 sequence at the front; 0 if there is none.
[[nodiscard]] std::size_t sequence_length(std::string_view text);
[[nodiscard]] bool is_utf8(std::string_view text);
// The number of code points in valid UTF-8.
[[nodiscard]] std::size_t code_points(std::string_view text);
// The longest prefix of whole code points with at most `max_bytes`.
[[nodiscard]] std::string_view prefix(std::string_view text, std::size_t max_bytes);
// For searches by people who type letters without their marks: NFKD, case folded, without combining marks and
// ignorable code points, and Latin letters that NFKD doesn't decompose as ASCII ("Łódź" → "lodz", "ı" → "i",
// "Æ" → "ae"). Empty for invalid UTF-8. Rows hold folded words: a change needs the rows to be folded again.
[[nodiscard]] std::string fold(std::string_view text);
// Whether a code point is a letter or a number.
[[nodiscard]] bool is_alphanumeric(std::string_view code_point);

}  // namespace stagedoor::text
