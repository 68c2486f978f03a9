// The entity tags of our responses.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/http/entity_tag.hpp"

namespace stagedoor::http {

struct BodyHash {
    std::uint64_t first;
    std::uint64_t second;
};
// The same in every process, so that all replicas behind a load balancer agree.
[[nodiscard]] BodyHash hash_body(std::string_view body);

// Of a body. Weak when compressed: the same content in other bytes.
[[nodiscard]] EntityTag entity_tag(BodyHash hash, bool weak);
// Of the representation of something with a version: "3-8f…".
[[nodiscard]] EntityTag entity_tag(BodyHash hash, std::int64_t version);
// The version in a strong tag, alone ("3") or with a hash ("3-8f…").
[[nodiscard]] std::optional<std::int64_t> version_of(const EntityTag& tag);

// Whether If-Match holds for a representation: one of the tags is its tag, or the version in it alone.
// Without a tag, only "*" does.
[[nodiscard]] bool satisfies_if_match(const EntityTags& if_match, const std::optional<EntityTag>& current);

}  // namespace stagedoor::http
