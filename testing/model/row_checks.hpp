// How the checker of the invariants looks at databases: what should not be there, what should be alike.
#pragma once

#include <string>
#include <vector>

#include "testing/databases/databases.hpp"

namespace stagedoor::testing {

[[nodiscard]] std::string text(const Row& row);

// One line for each row that `statement` finds: it is written so that there should be none.
void none(Databases& databases, std::vector<std::string>& found, const std::string& what,
          const std::string& service, const std::string& statement);

// Both statements should give the same rows.
void same(Databases& databases, std::vector<std::string>& found, const std::string& what,
          const std::string& service, const std::string& statement, const std::string& other_service,
          const std::string& other_statement);

// Every row that the first statement gives is among those that the second gives, which is asked later: what one service
// has is what the other had before.
void contained(Databases& databases, std::vector<std::string>& found, const std::string& what,
               const std::string& service, const std::string& statement, const std::string& other_service,
               const std::string& other_statement);

// The first of them, a line each.
[[nodiscard]] std::string joined(const std::vector<std::string>& lines);

}  // namespace stagedoor::testing
