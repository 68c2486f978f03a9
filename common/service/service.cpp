#include "common/service/service.hpp"

#include "common/idempotency/idempotent.hpp"
#include "common/messaging/outbox.hpp"
#include "common/security/audit_log.hpp"
#include "common/security/rate_limit.hpp"

namespace stagedoor {

std::vector<sql::Migration> common_migrations() {
    std::vector<sql::Migration> all;
    auto add = [&](std::vector<sql::Migration> part) {
        for (auto& each : part) all.push_back(std::move(each));
    };
    add(idempotency::migrations());
    add(outbox::migrations());
    add(messaging::Inbox::migrations());
    add(security::Sessions::migrations());
    add(security::rate_limit_migrations());
    add(security::AuditLog::migrations());
    return all;
}

}  // namespace stagedoor
