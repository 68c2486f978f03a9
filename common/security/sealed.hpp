// Encrypts small secrets that are stored in a database (XChaCha20-Poly1305), under a secret of the program
// that is not in the database.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/runtime/random.hpp"

namespace stagedoor::security {

// Returns base64url text. `name` identifies the secret, so that one sealed text can't be replaced by another.
// Takes some 30 ms, like unseal(): the key is derived with Argon2id, so that a weak secret is slow to guess.
[[nodiscard]] std::string seal(std::string_view plain, std::string_view name, const std::string& secret,
                               runtime::Random& random);

// nullopt if it was sealed under another secret or name, or altered.
[[nodiscard]] std::optional<std::string> unseal(std::string_view sealed, std::string_view name,
                                                const std::string& secret);

}  // namespace stagedoor::security
