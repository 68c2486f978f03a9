// The databases of one service's test: SQLite files, or, with STAGEDOOR_TEST_DATABASE=postgres, schemas of a private
// PostgreSQL server that the test program starts.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/sql/database.hpp"

namespace stagedoor::testing {

[[nodiscard]] bool is_postgres_wanted();

class TestDatabases {
  public:
    // Those of one test; `folder` is where files go.
    explicit TestDatabases(std::filesystem::path folder);
    // The same name gives the same data again.
    [[nodiscard]] std::unique_ptr<sql::Database> open(const std::string& name, runtime::Clock& clock) const;

  private:
    std::filesystem::path folder_;
    std::string schema_;  // what its schemas' names begin with
};

}  // namespace stagedoor::testing
