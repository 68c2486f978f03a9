// The work that a browser does for an order while many tickets are held (common/security/proof_of_work.hpp).
#pragma once

#include <optional>
#include <string>

#include "services/client/visit.hpp"

namespace stagedoor::client {

// The inputs that static/stagedoor.js reads; it then sends the form again.
struct HoldChallenge {
    std::string salt;
    std::int64_t iterations = 0, zero_bits = 0;
};
BOOST_DESCRIBE_STRUCT(HoldChallenge, (), (salt, iterations, zero_bits))

// For the form that holds tickets; nullopt unless orders has asked for it.
[[nodiscard]] std::optional<HoldChallenge> hold_challenge(const Visit& visit, const Problems& problems);

// The same problems, in the words of a page.
[[nodiscard]] Problems explain_challenge(Problems problems);

}  // namespace stagedoor::client
