#include <array>

#include "common/security/token.hpp"

namespace stagedoor::security {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr auto value_of_character = [] {
    std::array<signed char, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
    }
    return values;
}();

}  // namespace

std::string base64url(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    unsigned buffer = 0;
    int bits = 0;
    for (auto byte : bytes) {
        buffer = buffer << 8 | static_cast<unsigned char>(byte);
        for (bits += 8; bits >= 6; bits -= 6) text += alphabet[buffer >> (bits - 6) & 63];
    }
    if (bits > 0) text += alphabet[buffer << (6 - bits) & 63];
    return text;
}

// Not libsodium's: 1.0.18 accepts some bytes above 0x7F as letters, so that one value would have several
// texts.
std::optional<std::string> from_base64url(std::string_view text) {
    if (text.size() % 4 == 1) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    unsigned buffer = 0;
    int bits = 0;
    for (auto character : text) {
        auto value = value_of_character[static_cast<unsigned char>(character)];
        if (value < 0) return std::nullopt;
        buffer = buffer << 6 | static_cast<unsigned>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>(buffer >> bits & 255);
        }
    }
    if ((buffer & ((1U << bits) - 1)) != 0) return std::nullopt;  // unused bits must be 0
    return bytes;
}

}  // namespace stagedoor::security
