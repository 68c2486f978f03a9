// A schema of its own for each test, on one private server for all tests of the program.
#pragma once

#include "common/sql/database.hpp"
#include "fleet/postgres_server.hpp"

namespace stagedoor::sql {

// Started when it is first asked for, stopped at the program's end.
[[nodiscard]] fleet::PostgresServer& test_server();

class PostgresPlace {
  public:
    PostgresPlace();
    [[nodiscard]] PostgresOptions options() const;
    [[nodiscard]] const std::string& schema() const { return schema_; }
    // Runs SQL there as the superuser, and gives what psql prints.
    std::string query(const std::string& statements) const;

  private:
    std::string schema_;
};

}  // namespace stagedoor::sql
