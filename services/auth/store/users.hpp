// The users and their password hashes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/database.hpp"
#include "services/auth/account.hpp"

namespace stagedoor::auth::store {

// What a token says of its user.
struct Identity {
    UserId id;
    std::string email;
    std::int64_t epoch = 0;
    std::string roles;  // separated by commas

    [[nodiscard]] std::vector<std::string> role_list() const;
};
BOOST_DESCRIBE_STRUCT(Identity, (), (id, email, epoch, roles))

struct StoredPassword {
    UserId id;
    std::string hash;
};
BOOST_DESCRIBE_STRUCT(StoredPassword, (), (id, hash))

// Adds the user and tells user.registered; false when the e-mail is taken.
[[nodiscard]] bool add_user(sql::Tx& tx, const UserId& id, const EmailAddress& email,
                            const std::string& password_hash);

[[nodiscard]] std::optional<StoredPassword> password_of(sql::Tx& tx, const EmailAddress& email);
[[nodiscard]] std::optional<std::string> password_of(sql::Tx& tx, const UserId& id);

// Whom the password that `checked` is the hash of lets in: nobody any more when it was changed since it was
// checked. Locks the user's row, so that a change waits for the session, or the session sees the change.
[[nodiscard]] std::optional<Identity> let_in(sql::Tx& tx, const StoredPassword& checked);

// Replaces the password and raises the epoch, if the hash is still `checked`.
[[nodiscard]] std::optional<Identity> replace_password(sql::Tx& tx, const StoredPassword& checked,
                                                       const std::string& new_hash);

// Sets the password whatever it was, for who need not know it, and raises the epoch: gives the new one.
[[nodiscard]] std::int64_t set_password(sql::Tx& tx, const UserId& id, const std::string& new_hash);

[[nodiscard]] std::optional<Identity> identity(sql::Tx& tx, const UserId& id);

// The user of that address, or that user while the address is not confirmed; locks the row for the rest of the
// transaction.
[[nodiscard]] std::optional<User> lock_user(sql::Tx& tx, const EmailAddress& email);
[[nodiscard]] std::optional<User> lock_unconfirmed(sql::Tx& tx, const UserId& id);

// The address is the user's own. Tells user.confirmed, the first time.
void confirm(sql::Tx& tx, const UserId& id);
[[nodiscard]] bool is_confirmed(sql::Tx& tx, const UserId& id);

// False when there is no such user.
[[nodiscard]] bool add_role(sql::Tx& tx, const EmailAddress& email, std::string_view role);

}  // namespace stagedoor::auth::store
