// Runs a write once per Idempotency-Key; a repeated request gets the first response again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/http/idempotency_key.hpp"
#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "common/sql/database.hpp"

namespace stagedoor {

// How long a repeated request gets the first response.
inline constexpr std::chrono::hours idempotency_window{24};

namespace idempotency {

struct Stored {
    std::optional<ErrorKind> error;  // if the request failed
    std::string body;                // the result or the problems, as JSON
};

// Runs `effect` and stores its result under the key, or returns what an earlier request stored.
[[nodiscard]] Stored run_once(sql::Tx& tx, const IdempotencyKey& key,
                              const std::function<std::string()>& effect);
[[noreturn]] void throw_stored(const Stored& stored);

// Deletes up to 500 expired keys and returns their number; call it again until that is zero. Correctness
// doesn't depend on it: an expired key counts as absent.
std::int64_t delete_expired_keys(sql::Tx& tx);

// The table of keys in every service's database.
[[nodiscard]] std::vector<sql::Migration> migrations();

}  // namespace idempotency

// Like Database::write(), but once per key: for 24 h a repeated request gets the first result, or the first
// error if it is final (invalid, declined, forbidden, idempotency_key_reused). The result must be a described
// struct. Throws Conflict while the first request is in progress. An empty key runs every time.
template <class F>
[[nodiscard]] Task<std::invoke_result_t<F&, sql::Tx&>> idempotent(sql::Database& db, IdempotencyKey key, F fn,
                                                                  std::vector<std::string> hot_rows = {}) {
    using T = std::invoke_result_t<F&, sql::Tx&>;
    struct Outcome {
        std::optional<T> value;
        idempotency::Stored stored;
    };
    sql::WriteOptions options{.traceparent = key.traceparent, .hot_rows = std::move(hot_rows)};
    auto outcome = co_await db.write(
        [key = std::move(key), fn = std::move(fn)](sql::Tx& tx) mutable {
            Outcome result;
            result.stored = idempotency::run_once(tx, key, [&] {
                result.value = fn(tx);
                return json::to_json(*result.value);
            });
            if (!result.stored.error && !result.value)
                result.value = json::read<T>(result.stored.body).value();
            return result;
        },
        std::move(options));
    if (outcome.stored.error) idempotency::throw_stored(outcome.stored);
    co_return std::move(*outcome.value);
}

}  // namespace stagedoor
