#include "testing/databases/postgres_place.hpp"

namespace stagedoor::sql {
namespace {

constexpr const char* database = "contract";

}  // namespace

fleet::PostgresServer& test_server() {
    static fleet::TemporaryPostgres running{database};
    return running.server;
}

PostgresPlace::PostgresPlace() {
    static int places = 0;
    schema_ = "place_" + std::to_string(++places);
    (void)test_server();
}

PostgresOptions PostgresPlace::options() const {
    return {.url = test_server().url(database), .schema = schema_, .name = "test"};
}

std::string PostgresPlace::query(const std::string& statements) const {
    return test_server().query("SET search_path = " + schema_ + "; " + statements, database);
}

}  // namespace stagedoor::sql
