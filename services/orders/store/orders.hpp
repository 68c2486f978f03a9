// The rows of orders and the statements on them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/orders/order.hpp"

namespace stagedoor::orders::store {

struct Limits {
    std::chrono::milliseconds time_to_pay{};
    std::int64_t max_unpaid_orders = 0;  // per buyer; 0: unlimited
};

// Holds all of `items` for `buyer`, or nothing. First releases expired holds on these tickets, so that they
// can be bought again the moment they expire; publishes order.cancelled for each and order.created for the
// new order. Throws NotFound, Forbidden (own ticket), Invalid (two currencies), Conflict (names every ticket
// that fell short; too many unpaid orders).
StoredOrder place(sql::Tx& tx, const OrderId& id, const UserId& buyer, const std::vector<NewItem>& items,
                  const Limits& limits);

// The contended rows that placing these items locks, for WriteOptions::hot_rows.
[[nodiscard]] std::vector<std::string> hot_rows(const UserId& buyer, const std::vector<NewItem>& items,
                                                const Limits& limits);

void insert(sql::Tx& tx, const StoredOrder& stored);
[[nodiscard]] std::optional<StoredOrder> find(sql::Tx& tx, const OrderId& id);

// At most `limit` of the buyer's orders, newest first: those with ids before `before`, or from the newest on
// if it is empty.
[[nodiscard]] std::vector<StoredOrder> orders_of_buyer(sql::Tx& tx, const UserId& buyer,
                                                       const std::string& before, std::int64_t limit);

// The number of the buyer's orders that are neither paid nor cancelled nor expired. Locks the buyer: of two
// orders placed at once, the second sees the first.
[[nodiscard]] std::int64_t lock_buyer_and_count_unpaid(sql::Tx& tx, const UserId& buyer);

// Channels for Database::listen, notified when an order is completed or cancelled as expired.
inline constexpr std::string_view completed_channel = "order completed", expired_channel = "order expired";

// ---- Transitions. One guarded statement on the order's own row decides each; its tickets and its event
// follow in the same transaction. They return false if the order is not in the state they start from.

// Cancels an order that is `created`, or `awaiting:payment` past its lease, and releases its tickets;
// publishes order.cancelled. The reason `expired` only cancels an order that has expired; conversely, an
// expired order gets that reason whatever `reason` is.
bool cancel(sql::Tx& tx, const OrderId& id, CancelReason reason);

// cancel() without releasing the tickets; nullopt if it did not cancel. For cancelling several orders: all
// orders' rows are locked before any ticket's.
[[nodiscard]] std::optional<StoredOrder> cancel_without_release(sql::Tx& tx, const OrderId& id,
                                                                CancelReason reason);

// A charge begins: `created` becomes `awaiting:payment` and keeps its tickets for at least `lease` from now;
// publishes order.awaiting. Also up to `grace` after its expiry, if nobody has released it: the buyer paid in
// time. Not if one of its listings was cancelled.
bool lease(sql::Tx& tx, const OrderId& id, const PaymentId& payment, std::chrono::milliseconds lease,
           std::chrono::milliseconds grace);

// The charge succeeded: held becomes sold, even past the lease; publishes order.completed.
bool complete(sql::Tx& tx, const OrderId& id, const PaymentId& payment);

// The charge failed: `created` again with the original expiry; publishes order.reopened. If that has passed,
// cancelled as expired.
bool reopen(sql::Tx& tx, const OrderId& id, const PaymentId& payment);

// The listing `ticket` was cancelled: cancels a `created` order; in a `complete` one, voids these tickets and
// publishes order.voided.
bool apply_cancelled_listing(sql::Tx& tx, const OrderId& id, const TicketId& ticket);

// Locks and returns up to `max_orders` orders, after the id `after`, that apply_cancelled_listing() would
// change. All orders' rows are locked before any ticket's.
[[nodiscard]] std::vector<OrderId> lock_orders_of_cancelled_listing(sql::Tx& tx, const TicketId& ticket,
                                                                    const OrderId& after,
                                                                    std::int64_t max_orders);

// Up to `max_orders` orders whose hold on `ticket` has expired, oldest expiry first.
[[nodiscard]] std::vector<OrderId> expired_orders_holding(sql::Tx& tx, const TicketId& ticket,
                                                          std::int64_t max_orders);
// The same, but locks them and skips those that another transaction has locked.
[[nodiscard]] std::vector<OrderId> lock_expired_orders_holding(sql::Tx& tx, const TicketId& ticket,
                                                               std::int64_t max_orders);

}  // namespace stagedoor::orders::store
