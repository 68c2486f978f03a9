#include "common/idempotency/idempotent.hpp"

#include <algorithm>
#include <array>

#include "common/http/status.hpp"
#include "common/runtime/mutation.hpp"

namespace stagedoor::idempotency {
namespace {

constexpr int delete_batch_size = 500;

struct StoredProblem {
    std::string message;
    std::optional<std::string> field;
};
BOOST_DESCRIBE_STRUCT(StoredProblem, (), (message, field))

struct StoredError {
    std::vector<StoredProblem> errors;
};
BOOST_DESCRIBE_STRUCT(StoredError, (), (errors))

struct Row {
    std::string body_hash;
    std::optional<std::string> content_hash;  // absent in rows of versions that did not have it
    std::int64_t status = 0;                  // 0: the first request is in progress
    std::string body;

    [[nodiscard]] bool has_body_of(const IdempotencyKey& key) const {
        return body_hash == key.body_hash || (!key.content_hash.empty() && content_hash == key.content_hash);
    }
};
BOOST_DESCRIBE_STRUCT(Row, (), (body_hash, content_hash, status, body))

// Any other error may be gone at the next attempt: a conflict gets resolved, an unknown id arrives.
bool is_final(ErrorKind kind) {
    using enum ErrorKind;
    constexpr std::array final_kinds{invalid, declined, forbidden, idempotency_key_reused};
    return std::ranges::find(final_kinds, kind) != final_kinds.end();
}

std::string problems_to_json(const Problems& problems) {
    StoredError stored;
    for (const auto& each : problems) {
        stored.errors.push_back(
            {each.message, each.field.empty() ? std::nullopt : std::optional{each.field}});
    }
    return json::to_json(stored);
}

// Claims the key for this transaction. Returns false if another request has it; its row then stays locked
// until we commit. The insert is the guard: of two concurrent requests, the second waits here for the first
// one's commit.
bool claim(sql::Tx& tx, const IdempotencyKey& key) {
    return tx.execute(R"(
        INSERT INTO idempotency_keys(user_id, route, key, body_hash, content_hash, status, body, created_at)
        VALUES ($1, $2, $3, $4, $5, 0, '', $6)
        ON CONFLICT (user_id, route, key) DO UPDATE
           SET body_hash = excluded.body_hash, content_hash = excluded.content_hash, status = 0, body = '',
               created_at = excluded.created_at
         WHERE idempotency_keys.created_at <= $7)",
                      key.user, key.route, key.key, key.body_hash, key.content_hash, tx.now(),
                      tx.now() - idempotency_window)
               .rows == 1;
}

void store(sql::Tx& tx, const IdempotencyKey& key, const Stored& stored) {
    auto status = stored.error ? http::status_of(*stored.error) : http::ok;
    tx.send(
        "UPDATE idempotency_keys SET status = $4, body = $5 WHERE user_id = $1 AND route = $2 AND key = $3",
        key.user, key.route, key.key, std::int64_t{status}, stored.body);
}

Stored find(sql::Tx& tx, const IdempotencyKey& key) {
    auto row = tx.find<Row>(
        "SELECT body_hash, content_hash, status, body FROM idempotency_keys"
        " WHERE user_id = $1 AND route = $2 AND key = $3",
        key.user, key.route, key.key);
    if (!row || row->status == 0) throw Conflict("A request with this Idempotency-Key is in progress");
    if (!row->has_body_of(key)) {
        throw ApiError(ErrorKind::idempotency_key_reused,
                       "This Idempotency-Key was used for a different request", "Idempotency-Key");
    }
    return {http::error_kind_of(static_cast<int>(row->status)), std::move(row->body)};
}

}  // namespace

Stored run_once(sql::Tx& tx, const IdempotencyKey& key, const std::function<std::string()>& effect) {
    if (key.key.empty()) return {std::nullopt, effect()};
    if (runtime::mutated(Mutation::idempotency_key_ignored)) return {std::nullopt, effect()};
    if (!claim(tx, key)) return find(tx, key);
    Stored stored;
    try {
        tx.nested([&] { stored = {std::nullopt, effect()}; });
    } catch (const ApiError& error) {
        if (!is_final(error.kind())) throw;
        stored = {error.kind(), problems_to_json(error.problems())};
    }
    store(tx, key, stored);
    return stored;
}

void throw_stored(const Stored& stored) {
    auto error = json::read<StoredError>(stored.body);
    if (!error) throw sql::StatementError("a response stored in idempotency_keys can't be read");
    Problems problems;
    for (auto& each : error->errors)
        problems.push_back({std::move(each.message), std::move(each.field).value_or("")});
    throw ApiError(*stored.error, std::move(problems));
}

// Checks the age again outside the subselect: under READ COMMITTED a key may have been claimed anew in
// between.
std::int64_t delete_expired_keys(sql::Tx& tx) {
    return tx
        .execute(R"(
        DELETE FROM idempotency_keys
         WHERE created_at <= $1 AND (user_id, route, key) IN (
               SELECT user_id, route, key FROM idempotency_keys
                WHERE created_at <= $1 ORDER BY created_at LIMIT $2))",
                 tx.now() - idempotency_window, delete_batch_size)
        .rows;
}

// In existing databases this part is called "sql".
std::vector<sql::Migration> migrations() {
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
        CREATE INDEX idempotency_keys_by_age ON idempotency_keys(created_at);)"},
            {"sql", 2, "ALTER TABLE idempotency_keys ADD COLUMN content_hash TEXT"}};
}

}  // namespace stagedoor::idempotency
