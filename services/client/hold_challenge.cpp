#include "services/client/hold_challenge.hpp"

#include <algorithm>

#include "common/security/proof_of_work.hpp"

namespace stagedoor::client {
namespace {

constexpr std::string_view proof_field = "proof";  // of POST /api/orders

}  // namespace

std::optional<HoldChallenge> hold_challenge(const Visit& visit, const Problems& problems) {
    if (!visit.user || std::ranges::find(problems, proof_field, &Problem::field) == problems.end())
        return std::nullopt;
    return HoldChallenge{
        security::challenge_for(security::hold_challenge, visit.user->user.text, visit.app.clock.now()),
        security::proof_iterations, security::proof_zero_bits};
}

Problems explain_challenge(Problems problems) {
    for (auto& problem : problems) {
        if (problem.field == proof_field)
            problem.message =
                "Many of these tickets are held at the moment, so your browser has to do a short calculation "
                "first. It then goes on by itself. Without JavaScript, try again in a few minutes"_text;
    }
    return problems;
}

}  // namespace stagedoor::client
