// Small secrets that are kept in a database: encrypted and authenticated (XChaCha20-Poly1305) under a secret
// that the program is given, not the database.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/runtime/random.hpp"

namespace stagedoor::security {

// base64url text. `name` is what it is the secret of: a sealed text put in another one's place doesn't open.
// Takes some 30 ms, like unseal(): the key is derived by Argon2id, so that a weak secret is slow to guess.
[[nodiscard]] std::string seal(std::string_view plain, std::string_view name, const std::string& secret,
                               runtime::Random& random);

// nullopt when it was sealed under another secret or name, or altered.
[[nodiscard]] std::optional<std::string> unseal(std::string_view sealed, std::string_view name,
                                                const std::string& secret);

}  // namespace stagedoor::security
