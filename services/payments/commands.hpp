// Operator commands of payments.
#pragma once

#include "common/service/program.hpp"

namespace stagedoor::payments {

// `reconcile`: compares the ledger with the payment provider's books.
[[nodiscard]] Command reconcile_command();

}  // namespace stagedoor::payments
