// Entity tags: the answer to a GET that the client already has is 304.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stagedoor::http {

struct BodyHash {
    std::uint64_t first;
    std::uint64_t second;
};
// The same in every process, so that copies of a service behind a balancer agree.
[[nodiscard]] BodyHash hash_body(std::string_view body);

// "8f…": the quotes are part of it. Weak when compressed: the same page in other bytes.
[[nodiscard]] std::string entity_tag(BodyHash hash, bool weak);

// Whether If-None-Match names `tag`, by the weak comparison (RFC 9110, 8.8.3.2): a list, or "*" for any.
[[nodiscard]] bool names_tag(std::string_view if_none_match, std::string_view tag);

}  // namespace stagedoor::http
