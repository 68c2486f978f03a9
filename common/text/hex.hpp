// Hexadecimal, by libsodium.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace stagedoor::text {

// Appends two lowercase digits for each byte.
void append_hex(std::string& text, std::span<const std::byte> bytes);
[[nodiscard]] std::string to_hex(std::span<const std::byte> bytes);

}  // namespace stagedoor::text
