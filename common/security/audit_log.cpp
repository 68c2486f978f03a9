#include "common/security/audit_log.hpp"

#include <unistd.h>

#include "common/sql/tx.hpp"

namespace stagedoor::security {

std::string actor_of_command() { return "command of uid " + std::to_string(::getuid()); }

AuditLog::AuditLog(runtime::Clock& clock, runtime::Random& random, runtime::Metrics& metrics)
    : clock_(clock), random_(random), log_(metrics) {}

AuditEntry AuditLog::entry(std::string actor, std::string action, std::string subject) const {
    auto now = clock_.now();
    return {runtime::new_uuid(random_, now), now, std::move(actor), std::move(action), std::move(subject)};
}

void AuditLog::record(sql::Tx& tx, const AuditEntry& entry, SecurityEvent event) const {
    tx.send("INSERT INTO audit_log(id, time, actor, action, subject) VALUES ($1, $2, $3, $4, $5)", entry.id,
            entry.time, entry.actor, entry.action, entry.subject);
    tx.after_commit([log = log_, entry, event] {
        log.write(event, {{"actor", entry.actor}, {"action", entry.action}, {"subject", entry.subject}});
    });
}

std::vector<AuditEntry> AuditLog::find(sql::Tx& tx, const std::string& before, std::int64_t limit) {
    return tx.query<AuditEntry>(
        "SELECT id, time, actor, action, subject FROM audit_log WHERE $1 = '' OR id < $1 ORDER BY id DESC "
        "LIMIT $2",
        before, limit);
}

std::vector<sql::Migration> AuditLog::migrations() {
    return {{"audit_log", 1, R"(
        CREATE TABLE audit_log (
            id      TEXT PRIMARY KEY,
            time    BIGINT NOT NULL,
            actor   TEXT NOT NULL,
            action  TEXT NOT NULL,
            subject TEXT NOT NULL
        );
        APPEND ONLY audit_log;)"}};
}

}  // namespace stagedoor::security
