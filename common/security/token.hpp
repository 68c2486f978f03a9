// The session token: a JWT (RFC 7519) signed with Ed25519 (EdDSA, RFC 8037).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/random.hpp"
#include "contracts/ids.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::security {

inline constexpr std::string_view token_issuer = "stagedoor";
inline constexpr std::string_view token_audience = "stagedoor";

// A key is retired only once every token that it signed has expired.
inline constexpr std::chrono::hours token_lifetime{24};

using PublicKey = std::array<unsigned char, 32>;

struct SigningKey {
    std::string id;  // `kid`
    PublicKey public_key{};
    std::array<unsigned char, 64> secret_key{};  // libsodium's form: seed and public key
};

struct Claims {
    UserId user;  // sub
    std::string email;
    SessionId session;  // sid
    std::int64_t epoch = 0;
    std::vector<std::string> roles;
    bool confirmed = false;         // the email address
    Instant issued_at, expires_at;  // whole seconds in the token

    [[nodiscard]] bool has_role(std::string_view role) const;
};

// Throws Forbidden unless the user's address is confirmed.
void require_confirmed(const Claims& user);

[[nodiscard]] SigningKey new_signing_key(runtime::Random& random);
[[nodiscard]] std::string sign_token(const Claims& claims, const SigningKey& key);

// The key id in the token's header; nullopt if it is not a token, or names an algorithm other than EdDSA.
[[nodiscard]] std::optional<std::string> key_id_of(std::string_view token);
// The claims, if the signature, `iss` and `aud` are valid. Does not check the time.
[[nodiscard]] std::optional<Claims> verify_token(std::string_view token, const PublicKey& key);

// base64url without padding (RFC 4648 §5); decoding is strict.
[[nodiscard]] std::string base64url(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace stagedoor::security
