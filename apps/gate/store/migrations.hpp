#pragma once

#include <vector>

#include "common/sql/database.hpp"

namespace stagedoor::gate::store {

[[nodiscard]] std::vector<sql::Migration> migrations();

}  // namespace stagedoor::gate::store
