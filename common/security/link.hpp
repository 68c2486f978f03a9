// Tokens of links in emails: the HMAC-SHA256 of the link's id and purpose under a secret that auth and
// notifications share, so that no event, outbox or broker ever contains one. Auth stores only their hashes.
#pragma once

#include <string>
#include <string_view>

namespace stagedoor::security {

// base64url text of 32 bytes, for the link's URL.
[[nodiscard]] std::string link_token(std::string_view id, std::string_view purpose,
                                     const std::string& secret);

// What is stored of a token: its SHA-256 as base64url text. A token has 256 unguessable bits, so a slow hash
// would add nothing.
[[nodiscard]] std::string hash_of_token(std::string_view token);

}  // namespace stagedoor::security
