// The databases of a service's test: SQLite files or, with STAGEDOOR_TEST_DATABASE=postgres, schemas on a
// private PostgreSQL server that the test program starts.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/sql/database.hpp"

namespace stagedoor::testing {

[[nodiscard]] bool is_postgres_wanted();

class TestDatabases {
  public:
    // `folder` is for SQLite files.
    explicit TestDatabases(std::filesystem::path folder);
    // The same name opens the same data again.
    [[nodiscard]] std::unique_ptr<sql::Database> open(const std::string& name, runtime::Clock& clock) const;

  private:
    std::filesystem::path folder_;
    std::string schema_prefix_;
};

}  // namespace stagedoor::testing
