// `stagedoor reconcile`: holds the ledger against the payment provider's books.
#pragma once

#include "common/service/program.hpp"

namespace stagedoor {

[[nodiscard]] Command reconcile_command();

}  // namespace stagedoor
