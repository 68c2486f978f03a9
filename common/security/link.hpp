// Tokens of links in emails: the HMAC-SHA256 of the link's id and purpose under a secret that auth and
// notifications share, so that no event, outbox or broker ever contains one. Auth stores only their hashes.
#pragma once

#include <string>
#include <string_view>

namespace stagedoor::security {

// HMAC-SHA256 of a text under a secret, as base64url text of 32 bytes. The same text gives another one for
// each `purpose`, which must not contain a line break.
[[nodiscard]] std::string keyed_hash(std::string_view purpose, std::string_view text,
                                     const std::string& secret);

// Whether a secret that somebody has sent is the right one. Takes as long whatever the first difference is.
[[nodiscard]] bool is_same_secret(std::string_view given, std::string_view expected);

// For the link's URL.
[[nodiscard]] std::string link_token(std::string_view id, std::string_view purpose,
                                     const std::string& secret);

// What is stored of a token: its SHA-256 as base64url text. A token has 256 unguessable bits, so a slow hash
// would add nothing.
[[nodiscard]] std::string hash_of_token(std::string_view token);

}  // namespace stagedoor::security
