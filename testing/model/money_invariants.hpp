// The invariants about money, by the provider's own books: never money without tickets, never tickets without money.
#pragma once

#include <string>
#include <vector>

#include "testing/databases/databases.hpp"

namespace stagedoor::testing {

// What must hold at every moment, and does not.
void find_broken_money(Databases& databases, std::vector<std::string>& found);

// What must hold once everybody has heard everything, and does not (yet).
void find_unequal_money(Databases& databases, std::vector<std::string>& found);

}  // namespace stagedoor::testing
