// Base45 (RFC 9285): bytes in the 45 characters that QR codes store in 5.5 bits each.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stagedoor::admissions::code {

[[nodiscard]] std::string to_base45(std::string_view bytes);
// nullopt for other characters, impossible lengths and groups that are too large: each text has one value,
// and each value one text.
[[nodiscard]] std::optional<std::string> from_base45(std::string_view text);

}  // namespace stagedoor::admissions::code
