#include "common/http/entity_tag.hpp"

#include <algorithm>
#include <optional>

#include "common/http/message.hpp"

namespace stagedoor::http {
namespace {

// Removes a tag from the front of the text; nullopt if it doesn't begin with one.
std::optional<EntityTag> take_tag(std::string_view& text) {
    EntityTag tag{.opaque = {}, .weak = text.starts_with("W/")};
    if (tag.weak) text.remove_prefix(2);
    if (!text.starts_with('"')) return std::nullopt;
    auto close = text.find('"', 1);
    if (close == std::string_view::npos) return std::nullopt;
    tag.opaque = text.substr(1, close - 1);
    auto is_allowed = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; };
    if (!std::ranges::all_of(tag.opaque, is_allowed)) return std::nullopt;
    text.remove_prefix(close + 1);
    return tag;
}

}  // namespace

std::string EntityTag::to_text() const { return (weak ? "W/\"" : "\"") + opaque + "\""; }

// Not split at commas first: a tag may contain one.
EntityTags EntityTags::parse(std::string_view text) {
    EntityTags list;
    if (trimmed(text) == "*") {
        list.any = true;
        return list;
    }
    auto after_tag = false;
    for (;;) {
        auto next = text.find_first_not_of(" \t,");
        if (next == std::string_view::npos) break;
        auto separated = text.substr(0, next).find(',') != std::string_view::npos;
        text.remove_prefix(next);
        auto tag = after_tag && !separated ? std::nullopt : take_tag(text);
        if (!tag) {
            list.malformed = true;
            return list;
        }
        list.tags.push_back(std::move(*tag));
        after_tag = true;
    }
    list.malformed = list.tags.empty();
    return list;
}

bool EntityTags::matches_weakly(const EntityTag& tag) const {
    return any || std::ranges::find(tags, tag.opaque, &EntityTag::opaque) != tags.end();
}

bool EntityTags::matches_strongly(const EntityTag& tag) const {
    return any || (!tag.weak && std::ranges::find(tags, tag) != tags.end());
}

}  // namespace stagedoor::http
