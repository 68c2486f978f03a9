// BLAKE2b (RFC 7693), without a key.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stagedoor::text {

// Of `size` bytes, 16 to 64, in hexadecimal.
[[nodiscard]] std::string digest(std::string_view content, std::size_t size);

}  // namespace stagedoor::text
