#include "services/admissions/code/base45.hpp"

namespace stagedoor::admissions::code {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

}  // namespace

std::string to_base45(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 3 + 1) / 2);
    auto append = [&](unsigned value, int digits) {
        for (; digits > 0; --digits, value /= 45) text += alphabet[value % 45];
    };
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        auto first = static_cast<unsigned char>(bytes[i]);
        if (i + 1 == bytes.size())
            append(first, 2);
        else
            append(first * 256U + static_cast<unsigned char>(bytes[i + 1]), 3);
    }
    return text;
}

std::optional<std::string> from_base45(std::string_view text) {
    if (text.size() % 3 == 1) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() * 2 / 3);
    for (std::size_t i = 0; i < text.size(); i += 3) {
        auto group = text.substr(i, 3);
        unsigned value = 0;
        for (auto digit = group.rbegin(); digit != group.rend(); ++digit) {
            auto position = alphabet.find(*digit);
            if (position == alphabet.npos) return std::nullopt;
            value = value * 45 + static_cast<unsigned>(position);
        }
        if (value >= (group.size() == 3 ? 65'536U : 256U)) return std::nullopt;
        if (group.size() == 3) bytes += static_cast<char>(value >> 8);
        bytes += static_cast<char>(value & 255);
    }
    return bytes;
}

}  // namespace stagedoor::admissions::code
