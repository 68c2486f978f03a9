#include "services/admissions/door_pack.hpp"

#include <algorithm>

#include "common/security/token.hpp"

namespace stagedoor::admissions {
namespace {

constexpr std::size_t serial_size = 8, pair_size = 10;

std::string serial_at(std::string_view bytes) {
    code::Serial serial;
    std::ranges::copy(bytes.substr(0, serial_size), reinterpret_cast<char*>(serial.bytes.data()));
    return code::to_hex(serial);
}

// Zeros, which no code verifies under, unless it is the text of a key.
std::array<unsigned char, 32> key_from(const std::string& base64url) {
    std::array<unsigned char, 32> key{};
    auto decoded = security::from_base64url(base64url).value_or("");
    if (decoded.size() == key.size()) std::ranges::copy(decoded, reinterpret_cast<char*>(key.data()));
    return key;
}

}  // namespace

std::vector<std::string> unpack_serials(std::string_view packed) {
    std::vector<std::string> serials;
    auto bytes = security::from_base64url(packed).value_or("");
    for (std::string_view rest = bytes; rest.size() >= serial_size; rest.remove_prefix(serial_size))
        serials.push_back(serial_at(rest));
    return serials;
}

std::vector<std::pair<std::string, int>> unpack_revoked(std::string_view packed) {
    std::vector<std::pair<std::string, int>> pairs;
    auto bytes = security::from_base64url(packed).value_or("");
    for (std::string_view rest = bytes; rest.size() >= pair_size; rest.remove_prefix(pair_size)) {
        auto high = static_cast<unsigned char>(rest[8]), low = static_cast<unsigned char>(rest[9]);
        pairs.emplace_back(serial_at(rest), high * 256 + low);
    }
    return pairs;
}

std::optional<Reason> problem_with(const code::TicketCode& code, const Pack& pack, Instant now) {
    if (code.listing_tag != code::listing_tag(pack.ticket_id.text)) return Reason::wrong_event;
    auto key = std::ranges::find(pack.keys, code.key_id, &PublicKeyView::id);
    if (key == pack.keys.end() || !code::verify(code, pack.ticket_id.text, key_from(key->public_key)))
        return Reason::invalid;
    if (!pack.rules.rotating) return std::nullopt;
    auto secret = code::pass_secret(key_from(pack.door_key.value_or("")), code.serial, code.generation);
    auto is_current = code.rotation && code::is_current(*code.rotation, secret, now);
    return is_current ? std::nullopt : std::optional{Reason::expired_code};
}

}  // namespace stagedoor::admissions
