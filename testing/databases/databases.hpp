// Reads the services' databases while they run, with SQL that both SQLite and PostgreSQL accept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/postgres_server.hpp"

namespace stagedoor::testing {

using Row = std::vector<std::optional<std::string>>;  // columns as text; nullopt is null

class Databases {
  public:
    virtual ~Databases() = default;
    // The rows of one statement on a service's database, on a snapshot of its own.
    [[nodiscard]] virtual std::vector<Row> query(const std::string& service,
                                                 const std::string& statement) = 0;

    [[nodiscard]] std::int64_t number(const std::string& service, const std::string& statement);
};

// The SQLite files SERVICE.db in a folder, opened read-only, while the program runs or after it.
[[nodiscard]] std::unique_ptr<Databases> open_sqlite_files(const std::filesystem::path& folder);

// The services' databases on a PostgreSQL server.
[[nodiscard]] std::unique_ptr<Databases> open_postgres_databases(const fleet::PostgresServer& server);

}  // namespace stagedoor::testing
