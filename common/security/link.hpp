// Tokens in mailed links. Made from the link's id and purpose with a secret that auth and notifications share
// (HMAC-SHA256), so that no event, no outbox and no broker ever holds one; auth keeps their hashes only.
#pragma once

#include <string>
#include <string_view>

namespace stagedoor::security {

// base64url text of 32 bytes, for the link's address.
[[nodiscard]] std::string link_token(std::string_view id, std::string_view purpose,
                                     const std::string& secret);

// What is kept of a token: SHA-256, as base64url text. A token has 256 bits that can't be guessed, so a slow hash
// adds nothing.
[[nodiscard]] std::string hash_of_token(std::string_view token);

}  // namespace stagedoor::security
