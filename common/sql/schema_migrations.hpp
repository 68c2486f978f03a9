// How a database is brought up to date, on either driver: each step once, in a transaction with the note that
// it was made.
#pragma once

#include <string_view>
#include <vector>

#include "common/sql/database.hpp"

namespace stagedoor::sql {

inline constexpr std::string_view schema_migrations_table =
    "CREATE TABLE IF NOT EXISTS schema_migrations (part TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY "
    "(part, version))";

// A transaction that can run several statements at once.
class ScriptTx : public Tx {
  public:
    using Tx::Tx;
    virtual void run_script(std::string_view statements) = 0;
};

// Throws DatabaseError unless the versions of each part count 1, 2, 3 …
void require_order(const std::vector<Migration>& migrations);

// Makes the step unless it was made.
void apply(ScriptTx& tx, const Migration& step);

// A newer program's steps only add, so an older one may run on them: it is told, not refused.
void warn_of_newer(Tx& tx, const std::vector<Migration>& known, std::string_view database);

}  // namespace stagedoor::sql
