// The schema migrations of admissions, generated from migrations/*.sql (cmake/embed.cmake).
#pragma once

#include <vector>

#include "common/sql/migration.hpp"

namespace stagedoor::admissions::store {

[[nodiscard]] std::vector<sql::Migration> migrations();

}  // namespace stagedoor::admissions::store
