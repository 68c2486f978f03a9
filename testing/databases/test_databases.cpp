#include "testing/databases/test_databases.hpp"

#include <atomic>
#include <cstdlib>
#include <string_view>

#include "fleet/postgres_server.hpp"

namespace stagedoor::testing {
namespace {

constexpr const char* database = "services";

// Started at the first call, stopped at the program's end.
fleet::PostgresServer& server() {
    static fleet::TemporaryPostgres running{database};
    return running.server;
}

}  // namespace

bool is_postgres_wanted() {
    const auto* wanted = std::getenv("STAGEDOOR_TEST_DATABASE");
    return wanted && std::string_view{wanted} == "postgres";
}

TestDatabases::TestDatabases(std::filesystem::path folder) : folder_(std::move(folder)) {
    static std::atomic<int> tests = 0;
    schema_prefix_ = "test_" + std::to_string(++tests) + "_";
}

std::unique_ptr<sql::Database> TestDatabases::open(const std::string& name, runtime::Clock& clock) const {
    if (!is_postgres_wanted())
        return sql::open_sqlite({.path = (folder_ / (name + ".db")).string(), .name = name}, clock);
    return sql::open_postgres(
        {.url = server().url(database), .schema = schema_prefix_ + name, .writers = 3, .name = name}, clock);
}

}  // namespace stagedoor::testing
