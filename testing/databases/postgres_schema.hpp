// A PostgreSQL schema per test, on one private server for all tests of the program.
#pragma once

#include "common/sql/database.hpp"
#include "fleet/postgres_server.hpp"

namespace stagedoor::sql {

// Started at the first call, stopped at the program's end.
[[nodiscard]] fleet::PostgresServer& test_server();

class PostgresSchema {
  public:
    PostgresSchema();
    [[nodiscard]] PostgresOptions options() const;
    // Runs SQL in the schema as superuser and returns psql's output.
    std::string query(const std::string& statements) const;

  private:
    std::string name_;
};

}  // namespace stagedoor::sql
