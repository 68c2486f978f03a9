#include "common/idempotency/idempotent.hpp"

#include <algorithm>
#include <array>

#include "common/http/status.hpp"
#include "common/language/locale.hpp"
#include "common/language/message.hpp"
#include "common/runtime/mutation.hpp"

namespace stagedoor::idempotency {
namespace {

constexpr int delete_batch_size = 500;

struct StoredArgument {
    std::string name;
    std::optional<std::int64_t> number;
    std::optional<std::string> text;
};
BOOST_DESCRIBE_STRUCT(StoredArgument, (), (name, number, text))

// Replayed in the language of whoever repeats the request.
struct StoredProblem {
    std::string message;  // in English
    std::optional<std::string> field;
    std::optional<std::string> pattern;  // absent in rows of versions that knew only English
    std::optional<std::vector<StoredArgument>> arguments;
};
BOOST_DESCRIBE_STRUCT(StoredProblem, (), (message, field, pattern, arguments))

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
    for (const auto& [message, field] : problems) {
        StoredProblem problem{.message = language::to_text(message),
                              .field = field.empty() ? std::nullopt : std::optional{field},
                              .pattern = {},
                              .arguments = {}};
        if (message.is_translatable()) problem.pattern = message.pattern();
        for (const auto& [name, value] : message.arguments()) {
            StoredArgument argument{name, {}, {}};
            if (const auto* number = std::get_if<std::int64_t>(&value))
                argument.number = *number;
            else if (const auto* text = std::get_if<std::string>(&value))
                argument.text = *text;
            else
                argument.text = language::date_only(std::get<Instant>(value), "UTC");
            if (!problem.arguments) problem.arguments.emplace();
            problem.arguments->push_back(std::move(argument));
        }
        stored.errors.push_back(std::move(problem));
    }
    return json::to_json(stored);
}

Message message_of(StoredProblem& problem) {
    if (!problem.pattern) return Message::stored(std::move(problem.message));
    auto message = Message::stored(std::move(*problem.pattern));
    for (auto& [name, number, text] : problem.arguments.value_or(std::vector<StoredArgument>{})) {
        message = number ? std::move(message).with(std::move(name), *number)
                         : std::move(message).with(std::move(name), std::move(text).value_or(""));
    }
    return message;
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
    if (!row || row->status == 0) throw Conflict("A request with this Idempotency-Key is in progress"_text);
    if (!row->has_body_of(key)) {
        throw ApiError(ErrorKind::idempotency_key_reused,
                       "This Idempotency-Key was used for a different request"_text, "Idempotency-Key");
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
        problems.push_back({message_of(each), std::move(each.field).value_or("")});
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
