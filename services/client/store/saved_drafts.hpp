// Statements on the table saved_drafts: listings that sellers have begun. A draft is its seller's alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/sql/database.hpp"
#include "contracts/ids.hpp"

namespace stagedoor::client::store {

// Bounds: a month to go on; a seller prepares few listings at once; all of them stay below 640 MB.
constexpr std::chrono::days saved_draft_lifetime{30};
constexpr std::int64_t max_saved_drafts_of_user = 20;
constexpr std::int64_t max_saved_drafts = 20'000;

struct SavedDraft {
    std::string id, title;
    Instant saved_at, expires_at;
};
BOOST_DESCRIBE_STRUCT(SavedDraft, (), (id, title, saved_at, expires_at))

struct DraftContent {
    std::string title, content;
};

// False if there is no such draft of that user any more.
[[nodiscard]] bool update_saved_draft(sql::Tx& tx, const std::string& id, const UserId& user,
                                      const DraftContent& draft);
// False if that user, or the table, has too many.
[[nodiscard]] bool add_saved_draft(sql::Tx& tx, const std::string& id, const UserId& user,
                                   const DraftContent& draft);
[[nodiscard]] std::optional<std::string> find_saved_draft(sql::Tx& tx, const std::string& id,
                                                          const UserId& user);
// The latest first.
[[nodiscard]] std::vector<SavedDraft> saved_drafts_of(sql::Tx& tx, const UserId& user);
void drop_saved_draft(sql::Tx& tx, const std::string& id, const UserId& user);
// Returns how many, at most `limit`.
std::int64_t drop_expired_saved_drafts(sql::Tx& tx, std::int64_t limit);

}  // namespace stagedoor::client::store
