// Commit markers tell whether a COMMIT whose response was lost has taken effect. Each writing connection has
// a row that counts its commits and increments it in every transaction. After the connection is lost, the row
// has either the old number or the new one. (PostgreSQL's own transaction ids don't work: after a crash that
// loses the end of its log, it assigns them again.)
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "common/sql/postgres/connection.hpp"

namespace stagedoor::sql::postgres {

inline constexpr std::string_view commit_marks_table =
    "CREATE TABLE IF NOT EXISTS commit_marks (connection TEXT PRIMARY KEY, number BIGINT NOT NULL, "
    "raised_at TIMESTAMPTZ NOT NULL) WITH (fillfactor = 50)";

class CommitMarkers {
  public:
    // `name` is the connection's label, which is unique.
    explicit CommitMarkers(std::string name) : name_(std::move(name)) {}
    [[nodiscard]] const std::string& name() const { return name_; }

    // Increments the row in the current transaction.
    void send_next(Connection& connection) const;
    void committed() { ++number_; }
    // Deletes the row, once the outcome of the last commit is known.
    void end(Connection& connection) const;

    // Whether the transaction of the last send_next() committed, checked over another connection. First ends
    // the lost connection's session, if the server still has it; throws DatabaseError if that session does
    // not end.
    [[nodiscard]] bool was_committed(Connection& other) const;

    // Deletes the rows of connections that ended over a day ago.
    static void delete_stale(Connection& connection);

  private:
    std::string name_;
    std::int64_t number_ = 0;
};

}  // namespace stagedoor::sql::postgres
