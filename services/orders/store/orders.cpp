#include "services/orders/store/orders.hpp"

#include "common/events/outbox.hpp"
#include "services/orders/store/tickets.hpp"

namespace stagedoor::orders::store {
namespace {

constexpr std::string_view order_columns =
    "id, user_id, status, expires_at, total_minor, currency, reason, version, created_at";
constexpr std::string_view item_columns =
    "order_id, ticket_id, seller_id, title, price_minor, currency, quantity, ticket_version";

std::vector<ItemRow> items_of(sql::Tx& tx, const OrderId& id) {
    return tx.query<ItemRow>(
        "SELECT " + std::string{item_columns} + " FROM order_items WHERE order_id = $1 ORDER BY ticket_id",
        id);
}

}  // namespace

void insert(sql::Tx& tx, const StoredOrder& stored) {
    const auto& order = stored.order;
    tx.execute(
        "INSERT INTO orders(id, user_id, status, expires_at, total_minor, currency, version, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        order.id, order.user_id, order.status, order.expires_at, order.total.minor, order.total.currency,
        order.version, order.created_at);
    for (const auto& item : stored.items) {
        tx.execute(
            "INSERT INTO order_items(order_id, ticket_id, seller_id, title, price_minor, currency, quantity, "
            "ticket_version,"
            " held_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            order.id, item.ticket_id, item.seller_id, item.title, item.price.minor, item.price.currency,
            item.quantity, item.ticket_version, order.expires_at);
    }
}

std::optional<StoredOrder> find(sql::Tx& tx, const OrderId& id) {
    auto order = tx.find<OrderRow>("SELECT " + std::string{order_columns} + " FROM orders WHERE id = $1", id);
    if (!order) return std::nullopt;
    return StoredOrder{std::move(*order), items_of(tx, id)};
}

std::vector<StoredOrder> of_buyer(sql::Tx& tx, const UserId& buyer, const std::string& before,
                                  std::int64_t limit) {
    auto rows = tx.query<OrderRow>(
        "SELECT " + std::string{order_columns} +
            " FROM orders WHERE user_id = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3",
        buyer, before, limit);
    std::vector<StoredOrder> orders;
    for (auto& row : rows) {
        auto items = items_of(tx, row.id);
        orders.push_back({std::move(row), std::move(items)});
    }
    return orders;
}

std::int64_t count_unpaid(sql::Tx& tx, const UserId& buyer) {
    tx.execute("INSERT INTO buyers(id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET id = excluded.id", buyer);
    return tx
        .find<std::int64_t>(
            "SELECT count(*) FROM orders WHERE user_id = $1 AND expires_at > $2"
            " AND status IN ('created', 'awaiting:payment')",
            buyer, tx.now())
        .value_or(0);
}

bool cancel(sql::Tx& tx, const OrderId& id, CancelReason reason) {
    auto order = tx.find<OrderRow>(
        "UPDATE orders SET status = 'cancelled', version = version + 1,"
        " reason = CASE WHEN expires_at <= $3 THEN 'expired' ELSE $2 END"
        " WHERE id = $1 AND status = 'created' AND ($2 <> 'expired' OR expires_at <= $3)"
        " RETURNING " +
            std::string{order_columns},
        id, reason, tx.now());
    if (!order) return false;
    StoredOrder stored{std::move(*order), items_of(tx, id)};
    tx.execute("UPDATE order_items SET held_until = NULL WHERE order_id = $1", id);
    for (const auto& item : stored.items) release(tx, item.ticket_id, item.quantity);
    outbox::add(tx, told<contracts::OrderCancelled>(stored));
    return true;
}

std::vector<OrderId> run_out_on(sql::Tx& tx, const TicketId& ticket, std::int64_t most) {
    return tx.query<OrderId>(
        "SELECT order_id FROM order_items WHERE ticket_id = $1 AND held_until <= $2 ORDER BY held_until "
        "LIMIT $3",
        ticket, tx.now(), most);
}

}  // namespace stagedoor::orders::store
