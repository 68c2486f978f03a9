#include "common/sql/schema_migrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/runtime/log.hpp"

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

void run_statements(ScriptTx& tx, std::string_view statements) {
    constexpr std::string_view append_only = "APPEND ONLY ";
    for (auto at = statements.find(append_only); at != std::string_view::npos;
         at = statements.find(append_only)) {
        tx.run_script(statements.substr(0, at));
        statements.remove_prefix(at + append_only.size());
        auto end = statements.find(';');
        tx.make_append_only(std::string{statements.substr(0, end)});
        statements.remove_prefix(std::min(end, statements.size() - 1) + 1);
    }
    tx.run_script(statements);
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
