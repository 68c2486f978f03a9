#include "common/http/server/conditional.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <cstring>

#include "common/http/message.hpp"

namespace stagedoor::http {
namespace {

std::string_view opaque(std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag;
}

// Removes the next tag from a list. Does not split at commas, which a tag may contain.
bool next_tag(std::string_view& rest, std::string_view& tag) {
    auto start = rest.find_first_not_of(" \t,");
    if (start == std::string_view::npos) return false;
    rest.remove_prefix(start);
    auto open = rest.starts_with("W/") ? 2u : 0u;
    if (open >= rest.size() || rest[open] != '"') return false;
    auto close = rest.find('"', open + 1);
    if (close == std::string_view::npos) return false;
    tag = rest.substr(0, close + 1);
    rest.remove_prefix(close + 1);
    return true;
}

}  // namespace

BodyHash hash_body(std::string_view body) {
    static constexpr std::array<unsigned char, crypto_shorthash_siphashx24_KEYBYTES> key{'s', 't', 'a', 'g',
                                                                                         'e'};
    std::array<unsigned char, crypto_shorthash_siphashx24_BYTES> digest;
    crypto_shorthash_siphashx24(digest.data(), reinterpret_cast<const unsigned char*>(body.data()),
                                body.size(), key.data());
    BodyHash hash{};
    static_assert(sizeof hash == sizeof digest);
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
}

std::string entity_tag(BodyHash hash, bool weak) {
    return fmt::format("{}\"{:016x}{:016x}\"", weak ? "W/" : "", hash.first, hash.second);
}

bool matches_tag(std::string_view if_none_match, std::string_view tag) {
    if (trimmed(if_none_match) == "*") return true;
    std::string_view candidate;
    while (next_tag(if_none_match, candidate)) {
        if (opaque(candidate) == opaque(tag)) return true;
    }
    return false;
}

}  // namespace stagedoor::http
