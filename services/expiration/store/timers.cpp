#include "services/expiration/store/timers.hpp"

#include "common/events/outbox.hpp"
#include "contracts/orders.hpp"

namespace stagedoor::expiration::store {
namespace {

constexpr int most_at_once = 500;

}  // namespace

void set(sql::Tx& tx, const OrderId& order, Instant fires_at) {
    tx.execute(
        "INSERT INTO timers(order_id, fires_at) VALUES ($1, $2) ON CONFLICT (order_id) DO UPDATE SET "
        "fires_at = excluded.fires_at",
        order, fires_at);
}

void drop(sql::Tx& tx, const OrderId& order) { tx.execute("DELETE FROM timers WHERE order_id = $1", order); }

Round fire_due(sql::Tx& tx) {
    auto due = tx.query<OrderId>(
        "DELETE FROM timers WHERE order_id IN"
        " (SELECT order_id FROM timers WHERE fires_at <= $1 ORDER BY fires_at, order_id LIMIT $2)"
        " RETURNING order_id",
        tx.now(), most_at_once);
    for (const auto& order : due) outbox::add(tx, contracts::ExpirationComplete{.order_id = order});
    return {static_cast<std::int64_t>(due.size()),
            tx.find<std::optional<Instant>>("SELECT min(fires_at) FROM timers").value_or(std::nullopt)};
}

}  // namespace stagedoor::expiration::store
