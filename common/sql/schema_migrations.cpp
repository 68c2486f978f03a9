#include "common/sql/schema_migrations.hpp"

#include <fmt/format.h>

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
        tx.run_script(migration.statements);
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
