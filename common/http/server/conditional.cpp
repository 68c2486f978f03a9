#include "common/http/server/conditional.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace stagedoor::http {
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

EntityTag entity_tag(BodyHash hash, bool weak) {
    return {fmt::format("{:016x}{:016x}", hash.first, hash.second), weak};
}

EntityTag entity_tag(BodyHash hash, std::int64_t version) {
    return {fmt::format("{}-{:016x}{:016x}", version, hash.first, hash.second), false};
}

std::optional<std::int64_t> version_of(const EntityTag& tag) {
    std::int64_t version = 0;
    const auto* end = tag.opaque.data() + std::min(tag.opaque.find('-'), tag.opaque.size());
    auto [stop, error] = std::from_chars(tag.opaque.data(), end, version);
    return !tag.weak && error == std::errc{} && stop == end ? std::optional{version} : std::nullopt;
}

bool satisfies_if_match(const EntityTags& if_match, const std::optional<EntityTag>& current) {
    if (if_match.any) return true;
    if (!current) return false;
    if (if_match.matches_strongly(*current)) return true;
    auto version = version_of(*current);
    return version && if_match.matches_strongly({std::to_string(*version), false});
}

}  // namespace stagedoor::http
