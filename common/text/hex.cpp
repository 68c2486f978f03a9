#include "common/text/hex.hpp"

#include <sodium.h>

namespace stagedoor::text {

void append_hex(std::string& text, std::span<const std::byte> bytes) {
    auto begin = text.size();
    text.resize(begin + 2 * bytes.size());
    // Writes a NUL after the digits, where the string has its own.
    sodium_bin2hex(text.data() + begin, 2 * bytes.size() + 1,
                   reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::string to_hex(std::span<const std::byte> bytes) {
    std::string text;
    append_hex(text, bytes);
    return text;
}

}  // namespace stagedoor::text
