#include "common/service/service.hpp"

#include "common/security/rate_limit.hpp"
#include "common/sql/migrations.hpp"

namespace stagedoor {

std::vector<sql::Migration> common_migrations() {
    std::vector<sql::Migration> all;
    auto add = [&](std::vector<sql::Migration> part) {
        for (auto& each : part) all.push_back(std::move(each));
    };
    add(sql::common_migrations());
    add(outbox::migrations());
    add(events::Inbox::migrations());
    add(security::Sessions::migrations());
    add(security::rate_limit_migrations());
    return all;
}

}  // namespace stagedoor
