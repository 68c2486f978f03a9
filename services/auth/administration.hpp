// What operators do to users, and to keys that may be stolen.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/security/sessions.hpp"
#include "common/sql/database.hpp"
#include "services/auth/store/keys.hpp"

namespace stagedoor::auth {

// `who`: an email address or an id. They return the user; nullopt if there is none.

// Gives the user a role such as "admin", in effect from their next token.
[[nodiscard]] std::optional<UserId> grant(sql::Tx& tx, std::string_view who, std::string_view role);
// Takes a role, and ends the user's sessions, whose tokens have it.
[[nodiscard]] std::optional<UserId> revoke(sql::Tx& tx, std::string_view who, std::string_view role,
                                           security::Sessions& sessions);
[[nodiscard]] std::optional<UserId> end_all_sessions(sql::Tx& tx, std::string_view who,
                                                     security::Sessions& sessions);
// Ends the user's sessions and keeps them from signing in.
[[nodiscard]] std::optional<UserId> disable(sql::Tx& tx, std::string_view who, security::Sessions& sessions);
[[nodiscard]] std::optional<UserId> enable(sql::Tx& tx, std::string_view who);
// Takes away the name that buyers see.
[[nodiscard]] std::optional<UserId> remove_name(sql::Tx& tx, std::string_view who);

// Keys that take the place of others, both sealed.
struct NewKeys {
    store::KeyRow signing;
    std::string device;
};

// Withdraws a signing key, or with the id "all" every one, in favour of a new one that signs from now on, and
// replaces the key of the device cookies, which lies beside it. Every service refuses the tokens of a
// withdrawn key. Returns the ids of the withdrawn keys; if there is no such key, none, and nothing has
// changed.
[[nodiscard]] std::vector<std::string> retire_key(sql::Tx& tx, std::string_view id, const NewKeys& next,
                                                  security::Sessions& sessions);

}  // namespace stagedoor::auth
