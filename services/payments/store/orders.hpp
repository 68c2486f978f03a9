// Our copy of the orders, as orders tells them, and of what each seller gets of them.
#pragma once

#include <optional>
#include <vector>

#include "common/sql/tx.hpp"
#include "contracts/events/orders.hpp"

namespace stagedoor::payments::store {

struct OrderCopy {
    OrderId id;
    UserId user_id;  // the buyer
    OrderStatus status = OrderStatus::created;
    Instant expires_at;
    Money total;
    std::optional<CancelReason> reason;
    std::optional<PaymentId> attempt;  // the payment that is unresolved or has succeeded
};
BOOST_DESCRIBE_STRUCT(OrderCopy, (), (id, user_id, status, expires_at, total, reason, attempt))

// All tickets of one listing in an order.
struct Line {
    TicketId ticket_id;
    UserId seller_id;
    std::int64_t amount_minor = 0;
    std::int64_t fee_minor = 0;  // of that, what the house keeps
};
BOOST_DESCRIBE_STRUCT(Line, (), (ticket_id, seller_id, amount_minor, fee_minor))

void copy_new(sql::Tx& tx, const contracts::OrderState& order);
// Locks the order's row, as every transaction here does before it touches the order's payments.
void copy_change(sql::Tx& tx, const contracts::OrderState& order);

[[nodiscard]] std::optional<OrderCopy> find_order(sql::Tx& tx, const OrderId& id);
[[nodiscard]] OrderCopy lock_order(sql::Tx& tx, const OrderId& id);

// Another attempt may begin, once orders says so too.
void forget_attempt(sql::Tx& tx, const OrderId& id, const PaymentId& payment);

// Fixes what the house keeps of each line, in 10 000ths rounded down.
[[nodiscard]] std::vector<Line> charge_lines(sql::Tx& tx, const OrderId& id, std::int64_t fee_basis_points);
// Those that weren't cancelled before: of one ticket, or all.
[[nodiscard]] std::vector<Line> cancel_line(sql::Tx& tx, const OrderId& id, const TicketId& ticket);
[[nodiscard]] std::vector<Line> cancel_lines(sql::Tx& tx, const OrderId& id);

}  // namespace stagedoor::payments::store
