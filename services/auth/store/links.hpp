// The links in mails by which people show that an address is theirs: an hour long, for one use, known by the hash of
// their token.
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

// No link of that purpose that the user was mailed is of use any more.
void void_links(sql::Tx& tx, const UserId& user, LinkPurpose purpose);

// Keeps the link in place of the user's older ones of that purpose, and tells link.issued. The user's row is locked
// already, so that of two at once one replaces the other.
void issue_link(sql::Tx& tx, const NewLink& link, const User& user);

// Whose link it is, while it can be used; which use_link() decides.
[[nodiscard]] std::optional<UserId> owner_of_link(sql::Tx& tx, const std::string& token_hash,
                                                  LinkPurpose purpose);

// Uses the link up; false when it was used, replaced or ran out, or never was.
[[nodiscard]] bool use_link(sql::Tx& tx, const std::string& token_hash, LinkPurpose purpose);

// Drops at most `limit` links that have run out; how many it dropped.
std::int64_t drop_expired_links(sql::Tx& tx, std::int64_t limit);

}  // namespace stagedoor::auth::store
