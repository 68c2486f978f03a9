#include "services/payments/store/orders.hpp"

#include <stdexcept>

namespace stagedoor::payments::store {
namespace {

constexpr std::string_view order_columns =
    "id, user_id, status, expires_at, total_minor, currency, reason, attempt";
constexpr std::string_view returning_lines =
    " RETURNING ticket_id, seller_id, amount_minor, fee_minor, quantity";

}  // namespace

void add_order(sql::Tx& tx, const contracts::OrderState& order) {
    tx.send(
        "INSERT INTO orders(id, user_id, status, expires_at, total_minor, currency, version)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        order.id, order.user_id, order.status, order.expires_at, order.total.minor, order.total.currency,
        order.version);
    for (const auto& item : order.items) {
        tx.send(
            "INSERT INTO order_lines(order_id, ticket_id, seller_id, amount_minor, title, quantity)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            order.id, item.ticket_id, item.seller_id, item.price.minor * item.quantity, item.title,
            item.quantity);
    }
}

void update_order(sql::Tx& tx, const contracts::OrderState& order) {
    OrderUpdates only;
    only.add(tx, order);
    only.require_known();
}

void OrderUpdates::add(sql::Tx& tx, const contracts::OrderState& order) {
    updated_.push_back(
        tx.query_later<OrderId>("UPDATE orders SET status = $2, expires_at = $3, reason = $4, version = $5 "
                                "WHERE id = $1 RETURNING id",
                                order.id, order.status, order.expires_at, order.reason, order.version));
}

void OrderUpdates::require_known() {
    for (auto& each : updated_) {
        if (each.get().empty()) throw std::logic_error("an order changed that was never created");
    }
}

std::optional<OrderProjection> find_order(sql::Tx& tx, const OrderId& id) {
    return tx.find<OrderProjection>("SELECT " + std::string{order_columns} + " FROM orders WHERE id = $1",
                                    id);
}

OrderProjection lock_order(sql::Tx& tx, const OrderId& id) {
    return tx
        .find<OrderProjection>(
            "UPDATE orders SET version = version WHERE id = $1 RETURNING " + std::string{order_columns}, id)
        .value();
}

void clear_attempt(sql::Tx& tx, const OrderId& id, const PaymentId& payment) {
    tx.send("UPDATE orders SET attempt = NULL WHERE id = $1 AND attempt = $2", id, payment);
}

// Divides before it multiplies, so that no amount overflows; the result is the same.
std::vector<Line> charge_lines(sql::Tx& tx, const OrderId& id, std::int64_t fee_basis_points) {
    return tx.query<Line>(
        "UPDATE order_lines"
        " SET fee_minor = amount_minor / 10000 * $2 + amount_minor % 10000 * $2 / 10000"
        " WHERE order_id = $1" +
            std::string{returning_lines},
        id, fee_basis_points);
}

std::vector<Line> cancel_line(sql::Tx& tx, const OrderId& id, const TicketId& ticket) {
    return tx.query<Line>(
        "UPDATE order_lines SET cancelled_at = $3"
        " WHERE order_id = $1 AND ticket_id = $2 AND cancelled_at IS NULL" +
            std::string{returning_lines},
        id, ticket, tx.now());
}

std::vector<Line> cancel_lines(sql::Tx& tx, const OrderId& id) {
    return tx.query<Line>(
        "UPDATE order_lines SET cancelled_at = $2 WHERE order_id = $1 AND cancelled_at IS NULL" +
            std::string{returning_lines},
        id, tx.now());
}

}  // namespace stagedoor::payments::store
