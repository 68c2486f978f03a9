#include "services/admissions/code/ticket_code.hpp"

#include <sodium.h>

#include <algorithm>
#include <span>

#include "common/text/hex.hpp"
#include "services/admissions/code/base45.hpp"

namespace stagedoor::admissions::code {
namespace {

constexpr unsigned char format_version = 1;
constexpr unsigned char has_rotation = 1;
constexpr std::size_t signed_size = 16;
constexpr std::size_t static_size = signed_size + std::tuple_size_v<Signature>;
constexpr std::size_t rotating_size = static_size + 4 + std::tuple_size_v<decltype(Rotation::proof)>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

template <std::size_t Size>
void append(std::string& bytes, const std::array<unsigned char, Size>& part) {
    bytes.append(reinterpret_cast<const char*>(part.data()), part.size());
}

void append_big_endian(std::string& bytes, std::uint32_t value, int size) {
    for (auto shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
}

std::uint32_t big_endian(std::string_view bytes) {
    std::uint32_t value = 0;
    for (auto byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
}

template <std::size_t Size>
void copy(std::string_view from, std::array<unsigned char, Size>& to) {
    std::copy_n(bytes_of(from), Size, to.begin());
}

// Everything before the signature. What is signed has no flags: the same signature serves both kinds.
std::string head(const TicketCode& code, unsigned char flags) {
    std::string bytes;
    bytes += static_cast<char>(format_version << 4 | flags);
    bytes += static_cast<char>(code.key_id);
    append(bytes, code.listing_tag);
    append(bytes, code.serial.bytes);
    append_big_endian(bytes, static_cast<std::uint32_t>(code.generation), 2);
    return bytes;
}

std::string signed_text(const TicketCode& code, std::string_view listing_id) {
    std::string text{"stagedoor ticket code 1\n"};
    text += listing_id;
    text += '\n';
    return text += head(code, 0);
}

Key hmac(const Key& key, std::string_view text) {
    Key result{};
    crypto_auth_hmacsha256(result.data(), bytes_of(text), text.size(), key.data());
    return result;
}

std::int64_t step_at(Instant now) { return std::chrono::milliseconds{now.milliseconds} / step_length; }

Rotation rotation_of(const Key& pass_secret, std::uint32_t step) {
    std::string text;
    append_big_endian(text, step, 4);
    Rotation rotation{.step = step, .proof = {}};
    auto proof = hmac(pass_secret, text);
    std::copy_n(proof.begin(), rotation.proof.size(), rotation.proof.begin());
    return rotation;
}

}  // namespace

std::string to_hex(const Serial& serial) { return text::to_hex(std::as_bytes(std::span{serial.bytes})); }

std::optional<Serial> serial_from_hex(std::string_view text) {
    Serial serial;
    if (text.size() != 2 * serial.bytes.size() || text.find_first_not_of("0123456789abcdef") != text.npos)
        return std::nullopt;
    std::size_t size = 0;
    if (sodium_hex2bin(serial.bytes.data(), serial.bytes.size(), text.data(), text.size(), nullptr, &size,
                       nullptr) != 0)
        return std::nullopt;
    return serial;
}

std::string encode(const TicketCode& code) {
    auto bytes = head(code, code.rotation ? has_rotation : 0);
    append(bytes, code.signature);
    if (code.rotation) {
        append_big_endian(bytes, code.rotation->step, 4);
        append(bytes, code.rotation->proof);
    }
    return to_base45(bytes);
}

std::optional<TicketCode> parse(std::string_view text) {
    auto decoded = from_base45(text);
    if (!decoded || decoded->empty()) return std::nullopt;
    std::string_view bytes = *decoded;
    auto first = static_cast<unsigned char>(bytes[0]);
    auto rotates = first == (format_version << 4 | has_rotation);
    if (!rotates && first != format_version << 4) return std::nullopt;
    if (bytes.size() != (rotates ? rotating_size : static_size)) return std::nullopt;

    TicketCode code;
    code.key_id = static_cast<unsigned char>(bytes[1]);
    copy(bytes.substr(2), code.listing_tag);
    copy(bytes.substr(6), code.serial.bytes);
    code.generation = static_cast<int>(big_endian(bytes.substr(14, 2)));
    copy(bytes.substr(signed_size), code.signature);
    if (rotates) {
        auto& rotation = code.rotation.emplace();
        rotation.step = big_endian(bytes.substr(static_size, 4));
        copy(bytes.substr(static_size + 4), rotation.proof);
    }
    if (code.key_id == 0 || code.generation == 0) return std::nullopt;
    return code;
}

ListingTag listing_tag(std::string_view listing_id) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), bytes_of(listing_id), listing_id.size());
    ListingTag tag{};
    std::copy_n(hash.begin(), tag.size(), tag.begin());
    return tag;
}

TicketCode sign(std::string_view listing_id, int key_id, const Serial& serial, int generation,
                const security::SigningKey& key) {
    TicketCode code;
    code.key_id = key_id;
    code.listing_tag = listing_tag(listing_id);
    code.serial = serial;
    code.generation = generation;
    auto text = signed_text(code, listing_id);
    crypto_sign_detached(code.signature.data(), nullptr, bytes_of(text), text.size(), key.secret_key.data());
    return code;
}

bool verify(const TicketCode& code, std::string_view listing_id, const security::PublicKey& key) {
    auto text = signed_text(code, listing_id);
    return code.listing_tag == listing_tag(listing_id) &&
           crypto_sign_verify_detached(code.signature.data(), bytes_of(text), text.size(), key.data()) == 0;
}

Key pass_secret(const Key& door_key, const Serial& serial, int generation) {
    std::string text;
    append(text, serial.bytes);
    append_big_endian(text, static_cast<std::uint32_t>(generation), 2);
    return hmac(door_key, text);
}

Rotation rotation_at(const Key& pass_secret, Instant now) {
    return rotation_of(pass_secret, static_cast<std::uint32_t>(step_at(now)));
}

bool is_current(const Rotation& rotation, const Key& pass_secret, Instant now) {
    auto difference = static_cast<std::int64_t>(rotation.step) - step_at(now);
    if (difference < -max_step_difference || difference > max_step_difference) return false;
    auto expected = rotation_of(pass_secret, rotation.step);
    return sodium_memcmp(expected.proof.data(), rotation.proof.data(), rotation.proof.size()) == 0;
}

int shard_of(const Serial& serial) { return serial.bytes[0] % shard_count; }

}  // namespace stagedoor::admissions::code
