// The few words in which SQLite differs from the SQL that services write.
#pragma once

#include <string>
#include <string_view>

namespace stagedoor::sql::sqlite {

// `$n` becomes `?n` (SQLite takes `$1` for a name and numbers names by appearance: `+ $2 WHERE id = $1` would
// be swapped), BIGSERIAL its row id; FOR UPDATE goes, as one writer has the database to itself. Quoted text
// and comments stay as they are.
[[nodiscard]] std::string to_sqlite(std::string_view statement);

}  // namespace stagedoor::sql::sqlite
