#include "common/runtime/random.hpp"

#include <sodium.h>

#include <array>
#include <vector>

#include "common/text/hex.hpp"

namespace stagedoor::runtime {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

std::optional<int> hex_value(char digit) {
    auto at = hex_digits.find(digit);
    return at == std::string_view::npos ? std::nullopt : std::optional{static_cast<int>(at)};
}

}  // namespace

std::string Random::hex(std::size_t bytes) {
    std::vector<std::byte> raw(bytes);
    fill(raw);
    return text::to_hex(raw);
}

std::uint64_t Random::below(std::uint64_t bound) {
    // Rejects the tail of the range, which would make low numbers more likely.
    auto limit = UINT64_MAX - UINT64_MAX % bound;
    std::uint64_t value = 0;
    do {
        fill(std::as_writable_bytes(std::span{&value, 1}));
    } while (value >= limit);
    return value % bound;
}

void SystemRandom::fill(std::span<std::byte> bytes) { randombytes_buf(bytes.data(), bytes.size()); }

void SeededRandom::fill(std::span<std::byte> bytes) {
    std::lock_guard lock{mutex_};
    for (auto& byte : bytes) byte = static_cast<std::byte>(engine_() & 0xFF);
}

std::string new_uuid(Random& random, Instant now, int cell) {
    std::array<std::byte, 16> bytes;
    random.fill(std::span{bytes}.subspan(6));
    for (int i = 0; i < 6; ++i) {
        bytes[static_cast<std::size_t>(i)] = static_cast<std::byte>(now.milliseconds >> (40 - 8 * i));
    }
    if (cell > 0) {
        bytes[6] = static_cast<std::byte>(cell >> 8);
        bytes[7] = static_cast<std::byte>(cell & 0xFF);
    }
    bytes[6] = (bytes[6] & std::byte{0x0F}) | std::byte{0x70};  // version 7
    bytes[8] = (bytes[8] & std::byte{0x3F}) | std::byte{0x80};  // RFC variant
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += hex_digits[std::to_integer<unsigned>(bytes[i]) >> 4];
        text += hex_digits[std::to_integer<unsigned>(bytes[i]) & 15];
    }
    return text;
}

std::optional<Instant> uuid_time(std::string_view uuid) {
    if (uuid.size() != 36 || uuid[14] != '7' || !std::string_view{"89ab"}.contains(uuid[19]))
        return std::nullopt;
    std::int64_t time = 0;
    for (std::size_t i = 0; i < uuid.size(); ++i) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (uuid[i] != '-') return std::nullopt;
            continue;
        }
        auto digit = hex_value(uuid[i]);
        if (!digit) return std::nullopt;
        if (i < 13) time = time * 16 + *digit;
    }
    return Instant{time};
}

std::optional<int> uuid_cell(std::string_view uuid) {
    if (!uuid_time(uuid)) return std::nullopt;
    int cell = 0;
    for (std::size_t i = 15; i < 18; ++i) cell = cell * 16 + *hex_value(uuid[i]);  // after the version
    return cell;
}

}  // namespace stagedoor::runtime
