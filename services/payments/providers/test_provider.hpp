// The built-in provider: moves no money, but keeps books like a real one, in a database of its own that all
// replicas share.
#pragma once

#include <memory>

#include "common/service/deps.hpp"
#include "services/payments/providers/provider.hpp"

namespace stagedoor::payments {

// Knows the tokens tok_visa, tok_chargeDeclined, tok_chargeDeclinedInsufficientFunds, tok_slow (succeeds
// after 5 s) and tok_answerLost (charges, but fails without a response after 10 s); any other is declined.
[[nodiscard]] std::unique_ptr<Provider> make_test_provider(const ServiceDeps& deps);

}  // namespace stagedoor::payments
