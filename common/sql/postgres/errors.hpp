// Turns PostgreSQL's SQLSTATE codes (PostgreSQL manual, appendix A) into exceptions.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "common/sql/tx.hpp"

namespace stagedoor::sql::postgres {

// The connection is lost, and with it everything that was not committed.
struct ConnectionLost : DatabaseError {
    using DatabaseError::DatabaseError;
};
// The server does not accept writes, perhaps since a failover; the transaction was not committed. Another
// connection may lead to the new primary.
struct ReadOnlyServer : ConnectionLost {
    ReadOnlyServer()
        : ConnectionLost("the database is read-only (a standby?); DATABASE_URL must name the primary server",
                         "is read-only") {}
};
// The server stopped a statement when it had already ended: a time limit can run out in that moment. Its
// error belongs to no statement, and every later result looks like that of another statement. Nothing was
// committed, and another connection works.
struct StoppedTooLate : ConnectionLost {
    using ConnectionLost::ConnectionLost;
};
// A serialization failure or deadlock: running the transaction again will most likely succeed.
struct SerializationFailure : DatabaseError {
    using DatabaseError::DatabaseError;
};

// `code` is the SQLSTATE; `read_only` is true in a read transaction.
[[nodiscard]] std::exception_ptr error_of(std::string_view code, const std::string& message,
                                          std::string_view statement, bool read_only);

}  // namespace stagedoor::sql::postgres
