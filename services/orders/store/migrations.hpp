// The service's schema migrations, generated from migrations/*.sql (cmake/embed.cmake).
#pragma once

#include <vector>

#include "common/sql/migration.hpp"

namespace stagedoor::orders::store {

[[nodiscard]] std::vector<sql::Migration> migrations();

}  // namespace stagedoor::orders::store
