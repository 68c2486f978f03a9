// Entity tags and the lists of them in If-Match and If-None-Match (RFC 9110, 8.8.3 and 13.1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::http {

struct EntityTag {
    std::string opaque;  // without the quotes
    bool weak = false;

    // "…" or W/"…".
    [[nodiscard]] std::string to_text() const;
    bool operator==(const EntityTag&) const = default;
};

struct EntityTags {
    std::vector<EntityTag> tags;
    bool any = false;        // "*"
    bool malformed = false;  // `tags` are those before the error

    // Of a header's value, which may be several lines joined by commas.
    [[nodiscard]] static EntityTags parse(std::string_view text);

    // Whether the list contains the tag, weak or not; "*" contains every tag.
    [[nodiscard]] bool matches_weakly(const EntityTag& tag) const;
    // The same, but a weak tag is equal to none.
    [[nodiscard]] bool matches_strongly(const EntityTag& tag) const;
};

}  // namespace stagedoor::http
