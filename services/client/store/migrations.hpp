// The schema migrations of client, generated from migrations/*.sql (cmake/embed.cmake).
#pragma once

#include <vector>

#include "common/sql/migration.hpp"

namespace stagedoor::client::store {

[[nodiscard]] std::vector<sql::Migration> migrations();

}  // namespace stagedoor::client::store
