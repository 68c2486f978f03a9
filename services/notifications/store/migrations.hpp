// Schema migrations, generated from migrations/*.sql (cmake/embed.cmake).
#pragma once

#include <vector>

#include "common/sql/migration.hpp"

namespace stagedoor::notifications::store {

[[nodiscard]] std::vector<sql::Migration> migrations();

}  // namespace stagedoor::notifications::store
