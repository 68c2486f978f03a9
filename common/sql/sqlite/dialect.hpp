// Translates the services' SQL into SQLite's dialect.
#pragma once

#include <string>
#include <string_view>

namespace stagedoor::sql::sqlite {

// `$n` becomes `?n` (SQLite takes `$1` for a name and numbers names in order of appearance, so `+ $2 WHERE id
// = $1` would swap them), BIGSERIAL becomes an autoincrement row id, and FOR UPDATE is removed, as there is
// only one writer. Quoted text and comments stay unchanged.
[[nodiscard]] std::string to_sqlite(std::string_view statement);

}  // namespace stagedoor::sql::sqlite
