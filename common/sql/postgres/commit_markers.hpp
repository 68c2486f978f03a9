// How it is known whether a COMMIT whose answer never came was done. Each writing connection has a row of its own
// that counts its commits, and raises it in each transaction: who asks after the connection's end finds either
// the old number or the new. (Not PostgreSQL's own transaction numbers: those of a lost tail of its log are
// given again.)
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
    // `name` is the label of the connection that they are of, its like nowhere else.
    explicit CommitMarkers(std::string name) : name_(std::move(name)) {}
    [[nodiscard]] const std::string& name() const { return name_; }

    // Raises the row in the transaction under way.
    void send_next(Connection& connection) const;
    void committed() { ++number_; }
    // Drops the row, when all it could tell is known.
    void end(Connection& connection) const;

    // Whether what was sent last with send_next was committed, asked over another connection: first the old one is
    // ended, should the server still have it. Throws DatabaseError when it lives on.
    [[nodiscard]] bool was_committed(Connection& other) const;

    // Drops the rows of connections long gone.
    static void tidy_up(Connection& connection);

  private:
    std::string name_;
    std::int64_t number_ = 0;
};

}  // namespace stagedoor::sql::postgres
