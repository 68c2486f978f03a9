#include "common/sql/postgres/errors.hpp"

#include <fmt/format.h>

namespace stagedoor::sql::postgres {
namespace {

template <class Error>
std::exception_ptr make(std::string text) {
    return std::make_exception_ptr(Error(std::move(text)));
}

bool means_connection_lost(std::string_view code) {
    return code.starts_with("08") || code == "57P01" || code == "57P02" || code == "57P03" ||
           code == "57P05" || code == "25P03";
}

}  // namespace

std::exception_ptr error_of(std::string_view code, const std::string& message, std::string_view statement,
                            bool read_only) {
    if (code == "23505") return make<UniqueViolation>(message);
    if (code == "40001" || code == "40P01") return make<SerializationFailure>(message);
    if (code == "55P03")
        return make<DatabaseError>(fmt::format("waited too long for a lock, in: {}", statement));
    if (code == "57014") return make<DatabaseError>(fmt::format("took too long: {}", statement));
    if (code == "08P01")  // also reported for too few parameters
        return make<StatementError>(fmt::format("{}, in: {}", message, statement));
    if (means_connection_lost(code)) return make<ConnectionLost>(message);
    if (code == "53100")
        return std::make_exception_ptr(
            DatabaseError("the database's disk is full; free some space", "has no space left"));
    if (code == "25006" && read_only)
        return make<StatementError>(fmt::format("a read must not write: {}", statement));
    if (code == "25006") return std::make_exception_ptr(ReadOnlyServer());
    if (code.starts_with("53") || code.starts_with("58") || code.starts_with("XX"))
        return make<DatabaseError>(fmt::format("the database server failed: {}", message));
    return make<StatementError>(fmt::format("{}, in: {}", message, statement));
}

}  // namespace stagedoor::sql::postgres
