// Entity tags, for 304 responses to a client that already has the content.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stagedoor::http {

struct BodyHash {
    std::uint64_t first;
    std::uint64_t second;
};
// The same in every process, so that all replicas behind a load balancer agree.
[[nodiscard]] BodyHash hash_body(std::string_view body);

// "8f…", quotes included. Weak when compressed: the same content in other bytes.
[[nodiscard]] std::string entity_tag(BodyHash hash, bool weak);

// Whether If-None-Match, a list or "*", matches `tag` by weak comparison (RFC 9110, 8.8.3.2).
[[nodiscard]] bool matches_tag(std::string_view if_none_match, std::string_view tag);

}  // namespace stagedoor::http
