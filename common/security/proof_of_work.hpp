// Work that a caller's machine does before it is served under pressure, so that using many accounts is not
// free. No third party is involved.
//
// A proof is a text of which PBKDF2-HMAC-SHA256 (RFC 8018), salted with the challenge, begins with
// `proof_zero_bits` zero bits: about a thousand tries, a second on a phone. Browsers have PBKDF2 built in
// (WebCrypto), so an attacker's own program is hardly faster than a page's script.
#pragma once

#include <string>
#include <string_view>

#include "common/errors.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::security {

inline constexpr int proof_iterations = 1000, proof_zero_bits = 10;
inline constexpr std::size_t max_proof_length = 64;
// `what` of a proof for holding tickets: orders requires it, and client's pages help to find it.
inline constexpr std::string_view hold_challenge = "hold";

// The challenge for doing `what` as `who`, whose proof is accepted for at least 10 minutes. Anybody can
// compute it: it needs no secret, and nothing is stored.
[[nodiscard]] std::string challenge_for(std::string_view what, std::string_view who, Instant now);

// Takes half a millisecond per valid challenge, of which there are two.
[[nodiscard]] bool is_proof(std::string_view proof, std::string_view what, std::string_view who, Instant now);

// The member `proof` of the request is missing or wrong. The response has the challenge in its header
// Proof-Of-Work; a caller who can't solve it may try again later.
struct ProofRequired : ApiError {
    ProofRequired(Message message, std::string required)
        : ApiError(ErrorKind::too_many_requests, std::move(message), "proof"),
          challenge(std::move(required)) {
        retry_after = std::chrono::minutes{1};
    }
    std::string challenge;
};

}  // namespace stagedoor::security
