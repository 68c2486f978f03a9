#include "common/sql/postgres/commit_markers.hpp"

#include <array>

namespace stagedoor::sql::postgres {

void CommitMarkers::delete_stale(Connection& connection) {
    connection.execute(R"(
        DELETE FROM commit_marks
         WHERE raised_at < now() - INTERVAL '1 day'
           AND NOT EXISTS (
               SELECT 1 FROM pg_stat_activity WHERE application_name = commit_marks.connection))");
}

void CommitMarkers::send_next(Connection& connection) const {
    const std::array<Parameter, 2> parameters{std::string_view{name_}, number_ + 1};
    connection.send(
        "INSERT INTO commit_marks(connection, number, raised_at) VALUES ($1, $2, now())"
        " ON CONFLICT (connection) DO UPDATE SET number = excluded.number, raised_at = excluded.raised_at",
        parameters);
}

void CommitMarkers::end(Connection& connection) const {
    const std::array<Parameter, 1> parameters{std::string_view{name_}};
    connection.execute("DELETE FROM commit_marks WHERE connection = $1", parameters);
}

bool CommitMarkers::was_committed(Connection& other) const {
    const std::array<Parameter, 1> parameters{std::string_view{name_}};
    auto terminated = other.execute(
        "SELECT pg_terminate_backend(pid, 3000) FROM pg_stat_activity WHERE application_name = $1",
        parameters);
    while (terminated->next()) {
        if (terminated->integer(0) == 0) throw DatabaseError("the lost connection's session does not end");
    }
    // FOR UPDATE: waits for a transaction that still has the row locked.
    auto row = other.execute("SELECT number FROM commit_marks WHERE connection = $1 FOR UPDATE", parameters);
    return row->next() && row->integer(0) > number_;  // no row: it never committed
}

}  // namespace stagedoor::sql::postgres
