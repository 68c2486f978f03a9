// The schema migrations of expiration, generated from migrations/*.sql (cmake/embed.cmake).
#pragma once

#include <vector>

#include "common/sql/migration.hpp"

namespace stagedoor::expiration::store {

[[nodiscard]] std::vector<sql::Migration> migrations();

}  // namespace stagedoor::expiration::store
