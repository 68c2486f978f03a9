// The text in a ticket's QR code: the serial and the generation of a pass, signed with a key of its listing.
// docs/ticket-code.md describes the format for other implementations.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/security/token.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::admissions::code {

// Identifies a pass in its code; random.
struct Serial {
    std::array<unsigned char, 8> bytes{};
    auto operator<=>(const Serial&) const = default;
};

// 16 lowercase hexadecimal digits, as in JSON and in databases.
[[nodiscard]] std::string to_hex(const Serial& serial);
[[nodiscard]] std::optional<Serial> serial_from_hex(std::string_view text);

inline constexpr int max_key_id = 255;
inline constexpr int max_generation = 65'535;

// Shows that a code is being displayed now, and isn't a picture of an earlier display.
struct Rotation {
    std::uint32_t step = 0;  // time since 1970 in steps of `step_length`
    std::array<unsigned char, 8> proof{};
    bool operator==(const Rotation&) const = default;
};
inline constexpr std::chrono::seconds step_length{15};
// By how many steps the clocks of the display and the scanner may differ, either way.
inline constexpr std::int64_t max_step_difference = 2;

using ListingTag = std::array<unsigned char, 4>;
using Signature = std::array<unsigned char, 64>;
using Key = std::array<unsigned char, 32>;  // of HMAC-SHA256

struct TicketCode {
    int key_id = 1;  // 1 to 255: the number of the listing's key
    ListingTag listing_tag{};
    Serial serial;
    int generation = 1;  // 1 to 65,535
    Signature signature{};
    std::optional<Rotation> rotation;
    bool operator==(const TicketCode&) const = default;
};

// Base45 (RFC 9285): 120 characters, 138 with a rotation.
[[nodiscard]] std::string encode(const TicketCode& code);
// nullopt unless encode() returns the same text for it. Checks no signature.
[[nodiscard]] std::optional<TicketCode> parse(std::string_view text);

// Lets a scanner say "another event" without knowing that event's keys.
[[nodiscard]] ListingTag listing_tag(std::string_view listing_id);

[[nodiscard]] TicketCode sign(std::string_view listing_id, int key_id, const Serial& serial, int generation,
                              const security::SigningKey& key);
// Whether the code is one of this listing, signed with this key (Ed25519, RFC 8032).
[[nodiscard]] bool verify(const TicketCode& code, std::string_view listing_id,
                          const security::PublicKey& key);

// The secret of one pass, which its holder has. `door_key` is that of the listing.
[[nodiscard]] Key pass_secret(const Key& door_key, const Serial& serial, int generation);
[[nodiscard]] Rotation rotation_at(const Key& pass_secret, Instant now);
[[nodiscard]] bool is_current(const Rotation& rotation, const Key& pass_secret, Instant now);

// The tickets of a listing are divided into shards, by their serials.
inline constexpr int shard_count = 64;
[[nodiscard]] int shard_of(const Serial& serial);

}  // namespace stagedoor::admissions::code
