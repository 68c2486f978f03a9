// The invariants about money, checked against the provider's records: never money without tickets, never
// tickets without money.
#pragma once

#include <string>
#include <vector>

#include "testing/databases/databases.hpp"

namespace stagedoor::testing {

// Violations of what must hold at every moment.
void find_broken_money(Databases& databases, std::vector<std::string>& found);

// Violations, for now, of what must hold once every service has handled every event.
void find_unsettled_money(Databases& databases, std::vector<std::string>& found);

}  // namespace stagedoor::testing
