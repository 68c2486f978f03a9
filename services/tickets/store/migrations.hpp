// The schema migrations of tickets, generated from migrations/*.sql (cmake/embed.cmake).
#pragma once

#include <vector>

#include "common/sql/migration.hpp"

namespace stagedoor::tickets::store {

[[nodiscard]] std::vector<sql::Migration> migrations();

}  // namespace stagedoor::tickets::store
