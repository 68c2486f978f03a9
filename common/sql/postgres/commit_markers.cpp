#include "common/sql/postgres/commit_markers.hpp"

#include <array>

namespace stagedoor::sql::postgres {

void CommitMarkers::tidy_up(Connection& connection) {
    connection.ask(R"(
        DELETE FROM commit_marks
         WHERE raised_at < now() - INTERVAL '1 day'
           AND NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = commit_marks.connection))");
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
    connection.ask("DELETE FROM commit_marks WHERE connection = $1", parameters);
}

bool CommitMarkers::was_committed(Connection& other) const {
    const std::array<Parameter, 1> parameters{std::string_view{name_}};
    auto ended =
        other.ask("SELECT pg_terminate_backend(pid, 3000) FROM pg_stat_activity WHERE application_name = $1",
                  parameters);
    while (ended->next()) {
        if (ended->integer(0) == 0) throw DatabaseError("the lost connection's session does not end");
    }
    // Locked, so that this waits for whatever holds it still.
    auto row = other.ask("SELECT number FROM commit_marks WHERE connection = $1 FOR UPDATE", parameters);
    return row->next() && row->integer(0) > number_;  // none: it never committed
}

}  // namespace stagedoor::sql::postgres
