// Schema migrations on either driver. Each runs once, in one transaction with its row in schema_migrations.
#pragma once

#include <string_view>
#include <vector>

#include "common/sql/database.hpp"

namespace stagedoor::sql {

inline constexpr std::string_view schema_migrations_table =
    "CREATE TABLE IF NOT EXISTS schema_migrations (part TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY "
    "(part, version))";

// A transaction that can run a script of several statements.
class ScriptTx : public Tx {
  public:
    using Tx::Tx;
    virtual void run_script(std::string_view statements) = 0;
    // From now on statements that would update or delete rows of the table fail.
    virtual void make_append_only(const std::string& table) = 0;
};

// Throws DatabaseError unless the versions of each part count 1, 2, 3 …
void require_order(const std::vector<Migration>& migrations);

// Runs the migration unless it has run before. Its statements are SQL and `APPEND ONLY table;` and
// `FULL TEXT table(column);`, which the two databases have no common SQL for.
void apply(ScriptTx& tx, const Migration& migration);

// Logs a warning if the schema is newer than this program. That is allowed: migrations only add to a schema,
// so the previous version of the program still runs on it.
void warn_of_newer(Tx& tx, const std::vector<Migration>& known, std::string_view database);

}  // namespace stagedoor::sql
