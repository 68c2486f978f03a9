// Our projection of the orders, and what each seller gets of them.
#pragma once

#include <optional>
#include <vector>

#include "common/sql/tx.hpp"
#include "contracts/events/orders.hpp"

namespace stagedoor::payments::store {

struct OrderProjection {
    OrderId id;
    UserId user_id;  // the buyer
    OrderStatus status = OrderStatus::created;
    Instant expires_at;
    Money total;
    std::optional<CancelReason> reason;
    std::optional<PaymentId> attempt;  // the payment that is unresolved or has succeeded
};
BOOST_DESCRIBE_STRUCT(OrderProjection, (), (id, user_id, status, expires_at, total, reason, attempt))

// All tickets of one listing in an order.
struct Line {
    TicketId ticket_id;
    UserId seller_id;
    std::int64_t amount_minor = 0;
    std::int64_t fee_minor = 0;            // our part of it
    std::optional<std::int64_t> quantity;  // nullopt in orders from before it was stored
};
BOOST_DESCRIBE_STRUCT(Line, (), (ticket_id, seller_id, amount_minor, fee_minor, quantity))

// order.created
void add_order(sql::Tx& tx, const contracts::OrderState& order);
// Every later order event. Locks the order's row, as all transactions do before touching its payments.
void update_order(sql::Tx& tx, const contracts::OrderState& order);
// The same for several orders in one round trip.
class OrderUpdates {
  public:
    void add(sql::Tx& tx, const contracts::OrderState& order);
    // Throws std::logic_error if one of the orders was never created.
    void require_known();

  private:
    std::vector<sql::LaterRows<OrderId>> updated_;
};

// The name of an order's row in WriteOptions::hot_rows: transactions of several orders share a commit.
[[nodiscard]] inline std::string hot_row(const OrderId& id) { return "order " + id.text; }

[[nodiscard]] std::optional<OrderProjection> find_order(sql::Tx& tx, const OrderId& id);
[[nodiscard]] OrderProjection lock_order(sql::Tx& tx, const OrderId& id);

// Allows another attempt, once orders has reopened the order.
void clear_attempt(sql::Tx& tx, const OrderId& id, const PaymentId& payment);

// Sets the fee of each line: so many 10 000ths of it, rounded down.
[[nodiscard]] std::vector<Line> charge_lines(sql::Tx& tx, const OrderId& id, std::int64_t fee_basis_points);
// Cancel the line of one ticket, or all lines; return those that were not cancelled before.
[[nodiscard]] std::vector<Line> cancel_line(sql::Tx& tx, const OrderId& id, const TicketId& ticket);
[[nodiscard]] std::vector<Line> cancel_lines(sql::Tx& tx, const OrderId& id);

}  // namespace stagedoor::payments::store
