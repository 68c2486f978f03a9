// What an operator runs beside payments.
#pragma once

#include "common/service/program.hpp"

namespace stagedoor::payments {

// `reconcile`: holds the ledger against the payment provider's books.
[[nodiscard]] Command reconcile_command();

}  // namespace stagedoor::payments
