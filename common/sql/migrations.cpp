#include "common/sql/migrations.hpp"

namespace stagedoor::sql {

std::vector<Migration> common_migrations() {
    return {{"sql", 1, R"(
        CREATE TABLE idempotency_keys (
            user_id    TEXT NOT NULL,
            route      TEXT NOT NULL,
            key        TEXT NOT NULL,
            body_hash  TEXT NOT NULL,
            status     BIGINT NOT NULL,
            body       TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (user_id, route, key)
        );
        CREATE INDEX idempotency_keys_by_age ON idempotency_keys(created_at);)"}};
}

}  // namespace stagedoor::sql
