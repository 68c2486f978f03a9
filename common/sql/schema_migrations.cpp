#include "common/sql/schema_migrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/runtime/log.hpp"
#include "common/sql/full_text.hpp"

namespace stagedoor::sql {
namespace {

struct AppliedVersion {
    std::string part;
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(AppliedVersion, (), (part, version))

std::map<std::string, int> newest_versions(const std::vector<Migration>& migrations) {
    std::map<std::string, int> newest;
    for (const auto& each : migrations) newest[each.part] = each.version;
    return newest;
}

constexpr std::string_view append_only = "APPEND ONLY ", full_text = "FULL TEXT ";

// `argument`: "table" or "table(column)".
void run_special_statement(ScriptTx& tx, std::string_view keyword, std::string_view argument) {
    if (keyword == append_only) return tx.make_append_only(std::string{argument});
    auto parenthesis = argument.find('(');
    if (parenthesis == std::string_view::npos || !argument.ends_with(')'))
        throw StatementError("FULL TEXT needs a table and a column");
    auto table = argument.substr(0, parenthesis);
    argument.remove_prefix(parenthesis + 1);
    argument.remove_suffix(1);
    tx.run_script(full_text_index(tx.dialect(), table, argument));
}

void run_statements(ScriptTx& tx, std::string_view statements) {
    for (;;) {
        auto at = std::min(statements.find(append_only), statements.find(full_text));
        tx.run_script(statements.substr(0, at));
        if (at == std::string_view::npos) return;
        statements.remove_prefix(at);
        auto keyword = statements.starts_with(full_text) ? full_text : append_only;
        auto end = statements.find(';');
        if (end == std::string_view::npos) throw StatementError("the last statement lacks its semicolon");
        run_special_statement(tx, keyword, statements.substr(keyword.size(), end - keyword.size()));
        statements.remove_prefix(end + 1);
    }
}

}  // namespace

void require_order(const std::vector<Migration>& migrations) {
    std::map<std::string, int> newest;
    for (const auto& each : migrations) {
        auto& last = newest[each.part];
        if (each.version != last + 1) {
            throw DatabaseError(
                fmt::format("migrations of {} go from {} to {}", each.part, last, each.version));
        }
        last = each.version;
    }
}

void apply(ScriptTx& tx, const Migration& migration) {
    auto inserted =
        tx.execute("INSERT INTO schema_migrations(part, version) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                   migration.part, migration.version);
    if (inserted.rows == 0) return;
    try {
        run_statements(tx, migration.statements);
    } catch (const DatabaseError&) {
        throw;
    } catch (const std::runtime_error& error) {
        throw DatabaseError(
            fmt::format("migration {} {} failed: {}", migration.part, migration.version, error.what()));
    }
}

void warn_of_newer(Tx& tx, const std::vector<Migration>& known, std::string_view database) {
    auto newest = newest_versions(known);
    for (const auto& applied :
         tx.query<AppliedVersion>("SELECT part, max(version) FROM schema_migrations GROUP BY part")) {
        auto ours = newest.find(applied.part);
        if (ours == newest.end() || applied.version <= ours->second) continue;
        log::warning("schema-newer-than-program",
                     {{"database", database}, {"part", applied.part}, {"version", applied.version}});
    }
}

}  // namespace stagedoor::sql
