#include "services/auth/store/keys.hpp"

#include "common/messaging/outbox.hpp"
#include "contracts/events/auth.hpp"

namespace stagedoor::auth::store {
namespace {

void publish_added(sql::Tx& tx, const KeyRow& key, security::Sessions& sessions) {
    contracts::KeyAdded event{.id = key.id, .public_key = key.public_key, .active_at = key.active_at};
    sessions.key_added(tx, event);
    outbox::publish(tx, event);
}

void publish_retired(sql::Tx& tx, const std::vector<std::string>& ids, security::Sessions& sessions) {
    for (const auto& id : ids) {
        contracts::KeyRetired event{.id = id};
        sessions.key_retired(tx, event);
        outbox::publish(tx, event);
    }
}

// With the next number: a replica that adds one at the same time may have taken it, so it tries again.
void add_with_next_number(sql::Tx& tx, const KeyRow& key) {
    while (tx.execute(R"(
        INSERT INTO key_pairs(id, number, public_key, sealed_key, created_at, active_at, retired)
        VALUES ($1, (SELECT 1 + coalesce(max(number), 0) FROM key_pairs), $2, $3, $4, $5, 0)
        ON CONFLICT (number) DO NOTHING)",
                      key.id, key.public_key, key.sealed_key, key.created_at, key.active_at)
               .rows == 0) {
    }
}

}  // namespace

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
    if (added.rows > 0) publish_added(tx, key, sessions);
}

std::int64_t last_key_number(sql::Tx& tx) {
    return tx.find<std::int64_t>("SELECT coalesce(max(number), 0) FROM key_pairs").value_or(0);
}

void retire_superseded(sql::Tx& tx, std::chrono::milliseconds overlap, security::Sessions& sessions) {
    auto retired = tx.query<std::string>(R"(
        UPDATE key_pairs SET retired = 1, sealed_key = ''
         WHERE retired = 0
           AND EXISTS (SELECT 1 FROM key_pairs AS later
                        WHERE later.number > key_pairs.number AND later.active_at <= $1)
        RETURNING id)",
                                         tx.now() - overlap);
    publish_retired(tx, retired, sessions);
}

std::vector<std::string> replace_keys(sql::Tx& tx, std::optional<std::string_view> id, const KeyRow& next,
                                      security::Sessions& sessions) {
    auto retired =
        id ? tx.query<std::string>(
                 "UPDATE key_pairs SET retired = 1, sealed_key = '' WHERE retired = 0 AND id = $1 RETURNING "
                 "id",
                 *id)
           : tx.query<std::string>(
                 "UPDATE key_pairs SET retired = 1, sealed_key = '' WHERE retired = 0 RETURNING id");
    if (retired.empty()) return {};
    add_with_next_number(tx, next);
    publish_added(tx, next, sessions);  // first, so that no service is without a key
    publish_retired(tx, retired, sessions);
    return retired;
}

void store_sealed_anew(sql::Tx& tx, const KeyRow& key, std::string_view sealed_key) {
    tx.send("UPDATE key_pairs SET sealed_key = $3 WHERE id = $1 AND sealed_key = $2", key.id, key.sealed_key,
            sealed_key);
}

std::optional<std::string> sealed_secret(sql::Tx& tx, std::string_view name) {
    return tx.find<std::string>("SELECT sealed FROM sealed_secrets WHERE name = $1", name);
}

void add_sealed_secret(sql::Tx& tx, std::string_view name, std::string_view sealed) {
    tx.send("INSERT INTO sealed_secrets(name, sealed) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name,
            sealed);
}

void replace_sealed_secret(sql::Tx& tx, std::string_view name, std::string_view sealed) {
    tx.send(R"(
        INSERT INTO sealed_secrets(name, sealed) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed)",
            name, sealed);
}

void store_secret_sealed_anew(sql::Tx& tx, std::string_view name, std::string_view old,
                              std::string_view sealed) {
    tx.send("UPDATE sealed_secrets SET sealed = $3 WHERE name = $1 AND sealed = $2", name, old, sealed);
}

}  // namespace stagedoor::auth::store
