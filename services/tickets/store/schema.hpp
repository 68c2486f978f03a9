#pragma once

#include <vector>

#include "common/sql/database.hpp"

namespace stagedoor::tickets::store {

[[nodiscard]] std::vector<sql::Migration> migrations();

}  // namespace stagedoor::tickets::store
