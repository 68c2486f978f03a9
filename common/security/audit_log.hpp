// The audit log: what administrators and operators have done, kept in the database of the service whose data
// they changed, in the transaction of the change. No program can change or delete its rows.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/runtime/random.hpp"
#include "common/security/security_log.hpp"
#include "common/sql/migration.hpp"

namespace stagedoor::sql {
class Tx;
}

namespace stagedoor::security {

struct AuditEntry {
    std::string id;  // UUIDv7, so that ids are in order of time
    Instant time;
    std::string actor;    // "user 0190…", "operator at 127.0.0.1", "command of uid 0"
    std::string action;   // "retry-dead-letter"
    std::string subject;  // what it was done to: "user 0190…", "order 0190… version 3"
};
BOOST_DESCRIBE_STRUCT(AuditEntry, (), (id, time, actor, action, subject))

// For the commands of a program.
[[nodiscard]] std::string actor_of_command();

// Any thread.
class AuditLog {
  public:
    AuditLog(runtime::Clock& clock, runtime::Random& random, runtime::Metrics& metrics);

    // To be made outside of the transaction, which may run again.
    [[nodiscard]] AuditEntry entry(std::string actor, std::string action, std::string subject) const;
    // Stores the entry and, once the transaction is durable, writes it to the security log as `event`.
    void record(sql::Tx& tx, const AuditEntry& entry,
                SecurityEvent event = SecurityEvent::admin_action) const;

    // Entries with smaller ids than `before` (all, if that is empty), newest first.
    [[nodiscard]] static std::vector<AuditEntry> find(sql::Tx& tx, const std::string& before,
                                                      std::int64_t limit);
    [[nodiscard]] static std::vector<sql::Migration> migrations();

  private:
    runtime::Clock& clock_;
    runtime::Random& random_;
    SecurityLog log_;
};

}  // namespace stagedoor::security
