#include "common/sql/postgres/errors.hpp"

#include <fmt/format.h>

namespace stagedoor::sql::postgres {
namespace {

template <class Error>
std::exception_ptr made(std::string text) {
    return std::make_exception_ptr(Error(std::move(text)));
}

bool is_loss(std::string_view code) {
    return code.starts_with("08") || code == "57P01" || code == "57P02" || code == "57P03" ||
           code == "57P05" || code == "25P03";
}

}  // namespace

std::exception_ptr error_of(std::string_view code, const std::string& message, std::string_view statement,
                            bool reads) {
    if (code == "23505") return made<UniqueViolation>(message);
    if (code == "40001" || code == "40P01") return made<SerializationFailure>(message);
    if (code == "55P03")
        return made<DatabaseError>(fmt::format("waited too long for a lock, in: {}", statement));
    if (code == "57014") return made<DatabaseError>(fmt::format("took too long: {}", statement));
    if (code == "08P01")  // said of too few parameters as well
        return made<StatementError>(fmt::format("{}, in: {}", message, statement));
    if (is_loss(code)) return made<ConnectionLost>(message);
    if (code == "53100") return made<DatabaseError>("the database's disk is full; free some space");
    if (code == "25006" && reads)
        return made<StatementError>(fmt::format("a read must not write: {}", statement));
    if (code == "25006")
        return made<DatabaseError>("the database only reads (a standby?); let DATABASE_URL name the primary");
    if (code.starts_with("53") || code.starts_with("58") || code.starts_with("XX"))
        return made<DatabaseError>(fmt::format("the database can't do its work: {}", message));
    return made<StatementError>(fmt::format("{}, in: {}", message, statement));
}

}  // namespace stagedoor::sql::postgres
