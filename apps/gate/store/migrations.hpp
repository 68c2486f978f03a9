#pragma once

#include <vector>

#include "common/sql/migration.hpp"

namespace stagedoor::gate::store {

[[nodiscard]] std::vector<sql::Migration> migrations();

}  // namespace stagedoor::gate::store
