// How the invariants are checked in the databases: which rows must not exist, and which must be the same.
#pragma once

#include <string>
#include <vector>

#include "testing/databases/databases.hpp"

namespace stagedoor::testing {

[[nodiscard]] std::string text(const Row& row);

// Adds a line to `found` for each row that `statement` returns; it must return none.
void check_none(Databases& databases, std::vector<std::string>& found, const std::string& what,
                const std::string& service, const std::string& statement);

// Adds a line for each row that only one of the two statements returns.
void check_same(Databases& databases, std::vector<std::string>& found, const std::string& what,
                const std::string& service, const std::string& statement, const std::string& other_service,
                const std::string& other_statement);

// Adds a line for each row of the first statement that the second, which runs later, does not return: the
// first service may have only what the other one had before.
void check_contained(Databases& databases, std::vector<std::string>& found, const std::string& what,
                     const std::string& service, const std::string& statement,
                     const std::string& other_service, const std::string& other_statement);

// The first 20, one per line.
[[nodiscard]] std::string to_text(const std::vector<std::string>& lines);

}  // namespace stagedoor::testing
