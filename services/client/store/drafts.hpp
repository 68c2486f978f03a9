// Statements on the table form_drafts. A draft belongs to the browser that sent the form and, if it was
// signed in, to its user.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/sql/database.hpp"
#include "contracts/ids.hpp"

namespace stagedoor::client::store {

// Bounds: an hour is enough to sign in or reset a password; a browser has few forms open at once; all drafts
// together stay below 320 MB.
constexpr std::chrono::hours draft_lifetime{1};
constexpr std::int64_t max_drafts_per_browser = 20;
constexpr std::int64_t max_drafts = 10'000;

struct DraftOwner {
    std::string browser;
    std::optional<UserId> user;
};

// False if there are too many drafts. Drops the browser's oldest ones beyond its limit.
[[nodiscard]] bool add_draft(sql::Tx& tx, const std::string& id, const DraftOwner& owner,
                             const std::string& content);
[[nodiscard]] std::optional<std::string> find_draft(sql::Tx& tx, const std::string& id,
                                                    const DraftOwner& owner);
void drop_drafts_of(sql::Tx& tx, const std::string& browser);
// Returns how many, at most `limit`.
std::int64_t drop_expired_drafts(sql::Tx& tx, std::int64_t limit);

}  // namespace stagedoor::client::store
