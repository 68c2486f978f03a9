// Compares a password as somebody typed it with a stored hash.
#pragma once

#include <optional>
#include <string>

#include "services/auth/app.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth {

enum class PasswordMatch {
    none,
    prepared,  // in the form that is hashed today: security::Passwords of text::opaque_string
    as_typed,  // only as typed: the hash is from before passwords were prepared
};

// An empty hash (no such user) takes the same time and matches nothing.
[[nodiscard]] Task<PasswordMatch> match(App& app, std::string typed, std::string hash);

// The hash to store instead after a match: of the prepared form, so that the password can be typed in any
// form from now on, and with our present parameters. nullopt if `hash` is that already, and for passwords
// that could not be chosen today.
[[nodiscard]] Task<std::optional<std::string>> replacement_hash(App& app, PasswordMatch match,
                                                                std::string typed, const std::string& hash);

// The signed-in user's stored hash. Throws Invalid with that field if the password is wrong, TooManyRequests
// after too many; the caller takes the attempt back once what it protects has succeeded.
[[nodiscard]] Task<store::StoredPassword> require_password(App& app, const UserId& user, std::string typed,
                                                           std::string field);

}  // namespace stagedoor::auth
