// Email links that prove who owns an address: valid for one hour, for single use, stored as token hashes.
#pragma once

#include <optional>
#include <string>

#include "common/sql/database.hpp"
#include "contracts/events/auth.hpp"
#include "services/auth/account.hpp"

namespace stagedoor::auth::store {

using contracts::LinkPurpose;

struct NewLink {
    LinkId id;
    LinkPurpose purpose = LinkPurpose::confirm_email;
    std::string token_hash;
};

// Invalidates all of the user's links with that purpose.
void invalidate_links(sql::Tx& tx, const UserId& user, LinkPurpose purpose);

// Stores the link, replaces the user's older ones with the same purpose and publishes link.issued. The caller
// holds the user's row lock, so that the later of two concurrent calls replaces the link of the earlier.
void issue_link(sql::Tx& tx, const NewLink& link, const User& user);

// The owner of a link that looks usable. use_link() has the final say.
[[nodiscard]] std::optional<UserId> owner_of_link(sql::Tx& tx, const std::string& token_hash,
                                                  LinkPurpose purpose);

// Marks the link as used; false if it is unknown, used, replaced or expired.
[[nodiscard]] bool use_link(sql::Tx& tx, const std::string& token_hash, LinkPurpose purpose);

// Deletes at most `limit` expired links and returns how many it deleted.
std::int64_t drop_expired_links(sql::Tx& tx, std::int64_t limit);

}  // namespace stagedoor::auth::store
