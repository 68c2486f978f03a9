#include "services/auth/store/keys.hpp"

#include "common/messaging/outbox.hpp"

namespace stagedoor::auth::store {

std::vector<KeyRow> keys(sql::Tx& tx) {
    return tx.query<KeyRow>(R"(
        SELECT id, number, public_key, sealed_key, created_at, active_at
          FROM key_pairs WHERE retired = 0 ORDER BY number)");
}

void add_key(sql::Tx& tx, const KeyRow& key, security::Sessions& sessions) {
    auto added =
        tx.execute(R"(
        INSERT INTO key_pairs(id, number, public_key, sealed_key, created_at, active_at, retired)
        VALUES ($1, $2, $3, $4, $5, $6, 0)
        ON CONFLICT (number) DO NOTHING)",
                   key.id, key.number, key.public_key, key.sealed_key, key.created_at, key.active_at);
    if (added.rows == 0) return;
    contracts::KeyAdded event{.id = key.id, .public_key = key.public_key, .active_at = key.active_at};
    sessions.key_added(tx, event);
    outbox::publish(tx, event);
}

void retire_superseded(sql::Tx& tx, std::chrono::milliseconds overlap, security::Sessions& sessions) {
    auto retired = tx.query<std::string>(R"(
        UPDATE key_pairs SET retired = 1, sealed_key = ''
         WHERE retired = 0
           AND EXISTS (SELECT 1 FROM key_pairs AS later
                        WHERE later.number > key_pairs.number AND later.active_at <= $1)
        RETURNING id)",
                                         tx.now() - overlap);
    for (auto& id : retired) {
        contracts::KeyRetired event{.id = std::move(id)};
        sessions.key_retired(tx, event);
        outbox::publish(tx, event);
    }
}

}  // namespace stagedoor::auth::store
