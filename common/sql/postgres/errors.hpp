// What PostgreSQL's five-letter codes mean to us.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "common/sql/tx.hpp"

namespace stagedoor::sql::postgres {

// The connection is gone, and what was not committed with it.
struct ConnectionLost : DatabaseError {
    using DatabaseError::DatabaseError;
};
// A deadlock, or a serialization failure: nobody's fault, and run again it will most likely succeed.
struct SerializationFailure : DatabaseError {
    using DatabaseError::DatabaseError;
};

// `code` is the SQLSTATE; `reads` when nothing but reading is allowed.
[[nodiscard]] std::exception_ptr error_of(std::string_view code, const std::string& message,
                                          std::string_view statement, bool reads);

}  // namespace stagedoor::sql::postgres
