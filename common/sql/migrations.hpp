// The tables that common/sql itself needs in every database that uses Database::once.
#pragma once

#include <vector>

#include "common/sql/database.hpp"

namespace stagedoor::sql {

[[nodiscard]] std::vector<Migration> common_migrations();

}  // namespace stagedoor::sql
