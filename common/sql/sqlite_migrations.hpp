// How a SQLite database is brought up to date: each step once, in a transaction with the note that it was
// made.
#pragma once

#include <string_view>
#include <vector>

#include "common/sql/database.hpp"
#include "common/sql/sqlite_group.hpp"

namespace stagedoor::sql::sqlite {

inline constexpr std::string_view schema_migrations_table =
    "CREATE TABLE IF NOT EXISTS schema_migrations (part TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY "
    "(part, version))";

// Throws DatabaseError unless the versions of each part count 1, 2, 3 …
void require_order(const std::vector<Migration>& migrations);

// Makes the step unless it was made.
void apply(SqliteTx& tx, const Migration& step);

// A newer program's steps only add, so an older one may run on them: it is told, not refused.
void warn_of_newer(Tx& tx, const std::vector<Migration>& known, std::string_view database);

// Changes nothing, but has to be written to the disk.
void touch(Tx& tx);

}  // namespace stagedoor::sql::sqlite
