// The schema migrations of auth, generated from migrations/*.sql (cmake/embed.cmake).
#pragma once

#include <vector>

#include "common/sql/migration.hpp"

namespace stagedoor::auth::store {

[[nodiscard]] std::vector<sql::Migration> migrations();

}  // namespace stagedoor::auth::store
