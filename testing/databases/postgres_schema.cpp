#include "testing/databases/postgres_schema.hpp"

namespace stagedoor::sql {
namespace {

constexpr const char* database = "contract";

}  // namespace

fleet::PostgresServer& test_server() {
    static fleet::TemporaryPostgres running{database};
    return running.server;
}

PostgresSchema::PostgresSchema() {
    static int count = 0;
    name_ = "test_" + std::to_string(++count);
    (void)test_server();
}

PostgresOptions PostgresSchema::options() const {
    return {.url = test_server().url(database), .schema = name_, .name = "test"};
}

std::string PostgresSchema::query(const std::string& statements) const {
    return test_server().query("SET search_path = " + name_ + "; " + statements, database);
}

}  // namespace stagedoor::sql
