#include "services/expiration/store/timers.hpp"

#include "common/messaging/outbox.hpp"
#include "contracts/events/expiration.hpp"

namespace stagedoor::expiration::store {
namespace {

constexpr int max_batch_size = 500;

struct Timer {
    OrderId order_id;
    Instant fires_at;
};
BOOST_DESCRIBE_STRUCT(Timer, (), (order_id, fires_at))

// The version of the order's next expiration.complete: 1, 2, …
std::int64_t next_version(sql::Tx& tx, const OrderId& order) {
    return tx
        .find<std::int64_t>(
            "INSERT INTO fired(order_id, times) VALUES ($1, 1)"
            " ON CONFLICT (order_id) DO UPDATE SET times = fired.times + 1 RETURNING times",
            order)
        .value();
}

}  // namespace

void set(sql::Tx& tx, const OrderId& order, Instant fires_at) {
    tx.send(
        "INSERT INTO timers(order_id, fires_at) VALUES ($1, $2) ON CONFLICT (order_id) DO UPDATE SET "
        "fires_at = excluded.fires_at",
        order, fires_at);
}

void drop(sql::Tx& tx, const OrderId& order) {
    tx.send("DELETE FROM timers WHERE order_id = $1", order);
    tx.send("DELETE FROM fired WHERE order_id = $1", order);
}

FireResult fire_due(sql::Tx& tx) {
    auto due = tx.query<Timer>(
        "WITH due AS MATERIALIZED (SELECT order_id FROM timers WHERE fires_at <= $1"
        " ORDER BY fires_at, order_id LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " DELETE FROM timers WHERE order_id IN (SELECT order_id FROM due) RETURNING order_id, fires_at",
        tx.now(), max_batch_size);
    for (const auto& timer : due) {
        outbox::publish(tx, contracts::ExpirationComplete{.order_id = timer.order_id,
                                                          .expires_at = timer.fires_at,
                                                          .version = next_version(tx, timer.order_id)});
    }
    return {static_cast<std::int64_t>(due.size()),
            tx.find<std::optional<Instant>>("SELECT min(fires_at) FROM timers").value_or(std::nullopt)};
}

}  // namespace stagedoor::expiration::store
