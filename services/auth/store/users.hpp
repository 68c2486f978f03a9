// Users and their password hashes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/language/language.hpp"
#include "common/sql/database.hpp"
#include "services/auth/account.hpp"

namespace stagedoor::auth::store {

// The claims about a user that a token carries.
struct Identity {
    UserId id;
    std::string email;
    std::int64_t epoch = 0;
    std::string roles;  // comma-separated
    bool confirmed = false;

    [[nodiscard]] std::vector<std::string> role_list() const;
};
BOOST_DESCRIBE_STRUCT(Identity, (), (id, email, epoch, roles, confirmed))

struct StoredPassword {
    UserId id;
    std::string hash;
    bool disabled = false;  // by an operator
};
BOOST_DESCRIBE_STRUCT(StoredPassword, (), (id, hash, disabled))

// Adds the user and publishes user.registered; false if the email is taken. `language`: of emails.
[[nodiscard]] bool add_user(sql::Tx& tx, const UserId& id, const EmailAddress& email,
                            const std::string& password_hash, std::optional<Language> language);

[[nodiscard]] std::optional<StoredPassword> password_of(sql::Tx& tx, const EmailAddress& email);
[[nodiscard]] std::optional<std::string> password_of(sql::Tx& tx, const UserId& id);

// Records the sign-in of the user whose password was verified; nullopt if the stored hash has changed since,
// or the user was disabled. `new_hash`, of the same password, replaces the hash. Locks the user's row: a
// concurrent password change either waits for the new session or is seen here.
[[nodiscard]] std::optional<Identity> record_sign_in(sql::Tx& tx, const StoredPassword& checked,
                                                     const std::optional<std::string>& new_hash);

// Replaces the password and raises the epoch; nullopt if the stored hash is no longer `checked`.
[[nodiscard]] std::optional<Identity> replace_password(sql::Tx& tx, const StoredPassword& checked,
                                                       const std::string& new_hash);

// Sets the password regardless of the old one and raises the epoch.
[[nodiscard]] Identity set_password(sql::Tx& tx, const UserId& id, const std::string& new_hash);

[[nodiscard]] Identity raise_epoch(sql::Tx& tx, const UserId& id);

[[nodiscard]] std::optional<Identity> identity(sql::Tx& tx, const UserId& id);

// The user with that email, or the user if their email is not confirmed yet. Both lock the row for the rest
// of the transaction.
[[nodiscard]] std::optional<User> lock_user(sql::Tx& tx, const EmailAddress& email);
[[nodiscard]] std::optional<User> lock_unconfirmed(sql::Tx& tx, const UserId& id);

// Marks the user's email as confirmed. The first time, publishes user.confirmed.
void confirm(sql::Tx& tx, const UserId& id);
[[nodiscard]] bool is_confirmed(sql::Tx& tx, const UserId& id);

// Of emails. Publishes user.language_chosen if it is another one than before.
void set_language(sql::Tx& tx, const UserId& id, Language language);
[[nodiscard]] std::optional<std::string> language_of(sql::Tx& tx, const UserId& id);

// The name that buyers see; empty: none. Publishes seller.named if it is another one than before.
void set_seller_name(sql::Tx& tx, const UserId& id, const std::string& name);
[[nodiscard]] std::optional<std::string> seller_name_of(sql::Tx& tx, const UserId& id);

// A comma-separated list, see Identity.
void set_roles(sql::Tx& tx, const UserId& id, const std::string& roles);
// A disabled user can't sign in.
void set_disabled(sql::Tx& tx, const UserId& id, bool disabled);

}  // namespace stagedoor::auth::store
