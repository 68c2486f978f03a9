// Compares a password as somebody typed it with a stored hash.
#pragma once

#include <optional>
#include <string>

#include "services/auth/app.hpp"

namespace stagedoor::auth {

enum class PasswordMatch {
    none,
    prepared,  // in the form that is hashed today: security::Passwords of text::opaque_string
    as_typed,  // only as typed: the hash is from before passwords were prepared
};

// An empty hash (no such user) takes the same time and matches nothing.
[[nodiscard]] Task<PasswordMatch> match(App& app, std::string typed, std::string hash);

// The hash to store after a match `as_typed`, so that the password can be typed in any form from now on;
// nullopt after others, and for passwords that could not be chosen today.
[[nodiscard]] Task<std::optional<std::string>> replacement_hash(App& app, PasswordMatch match,
                                                                std::string typed);

}  // namespace stagedoor::auth
