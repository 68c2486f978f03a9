#include "common/sql/once.hpp"

#include <algorithm>
#include <array>

#include "common/sql/database.hpp"

namespace stagedoor::sql {
namespace {

constexpr int forgotten_at_once = 500;

struct KeptProblem {
    std::string message;
    std::optional<std::string> field;
};
BOOST_DESCRIBE_STRUCT(KeptProblem, (), (message, field))

struct KeptRefusal {
    std::vector<KeptProblem> errors;
};
BOOST_DESCRIBE_STRUCT(KeptRefusal, (), (errors))

struct KeptRow {
    std::string body_hash;
    std::int64_t status = 0;
    std::string body;
};
BOOST_DESCRIBE_STRUCT(KeptRow, (), (body_hash, status, body))

// A conflict may be gone at the next try, what is not found may have been told by then, however late, and so it is with
// a 401, 429 or 5xx; the others would be said again.
bool is_final(int status) {
    constexpr std::array final_statuses{400, 402, 403, 422};
    return std::ranges::find(final_statuses, status) != final_statuses.end();
}

std::string problems_to_json(const Problems& problems) {
    KeptRefusal kept;
    for (const auto& each : problems) {
        kept.errors.push_back({each.message, each.field.empty() ? std::nullopt : std::optional{each.field}});
    }
    return json::to_json(kept);
}

// Takes the key for this transaction; false when it is another's, whose row is then locked until our end. The
// insert is the guard: of two at once, the second waits here for the first one's commit.
bool claim(Tx& tx, const OnceKey& key) {
    return tx.execute(R"(
        INSERT INTO idempotency_keys(user_id, route, key, body_hash, status, body, created_at)
        VALUES ($1, $2, $3, $4, 0, '', $5)
        ON CONFLICT (user_id, route, key) DO UPDATE
           SET body_hash = excluded.body_hash, status = 0, body = '', created_at = excluded.created_at
         WHERE idempotency_keys.created_at <= $6)",
                      key.user, key.route, key.key, key.body_hash, tx.now(), tx.now() - time_to_repeat)
               .rows == 1;
}

void keep(Tx& tx, const OnceKey& key, std::int64_t status, const std::string& body) {
    tx.send(
        "UPDATE idempotency_keys SET status = $4, body = $5 WHERE user_id = $1 AND route = $2 AND key = $3",
        key.user, key.route, key.key, status, body);
}

}  // namespace

Database::Kept Database::run_once(Tx& tx, const OnceKey& key, const std::function<std::string()>& effect) {
    if (key.key.empty()) return {200, effect()};
    if (!claim(tx, key)) {
        auto row = tx.find<KeptRow>(
            "SELECT body_hash, status, body FROM idempotency_keys WHERE user_id = $1 AND route = $2 AND key "
            "= $3",
            key.user, key.route, key.key);
        if (!row || row->status == 0) throw Conflict("A request with this Idempotency-Key is under way");
        if (row->body_hash != key.body_hash) {
            throw ApiError(422, "This Idempotency-Key was used with another request", "Idempotency-Key");
        }
        return {static_cast<int>(row->status), std::move(row->body)};
    }
    Kept kept;
    try {
        tx.nested([&] { kept = {200, effect()}; });
    } catch (const ApiError& refusal) {
        if (!is_final(refusal.status())) throw;
        kept = {refusal.status(), problems_to_json(refusal.problems())};
    }
    keep(tx, key, kept.status, kept.body);
    return kept;
}

void Database::throw_kept(const Kept& kept) {
    Problems problems;
    auto refusal = json::read<KeptRefusal>(kept.body);
    if (!refusal) throw StatementError("a kept answer in idempotency_keys can't be read");
    for (auto& each : refusal->errors) {
        problems.push_back({std::move(each.message), std::move(each.field).value_or("")});
    }
    throw ApiError(kept.status, std::move(problems));
}

// The age is asked again outside the subselect: under READ COMMITTED a key may have been taken anew in
// between.
std::int64_t forget_old_keys(Tx& tx) {
    return tx
        .execute(R"(
        DELETE FROM idempotency_keys
         WHERE created_at <= $1 AND (user_id, route, key) IN (
               SELECT user_id, route, key FROM idempotency_keys
                WHERE created_at <= $1 ORDER BY created_at LIMIT $2))",
                 tx.now() - time_to_repeat, forgotten_at_once)
        .rows;
}

}  // namespace stagedoor::sql
