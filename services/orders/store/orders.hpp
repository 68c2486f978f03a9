// The orders' rows and the statements on them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/orders/order.hpp"

namespace stagedoor::orders::store {

struct Limits {
    std::chrono::milliseconds time_to_pay{};
    std::int64_t unpaid_orders = 0;  // that a buyer may have at once; 0: any number
};

// Holds all of `items` for `buyer`, or nothing. First lets go what ran out on these tickets, so that they can
// be bought again at that very second; tells order.cancelled for each and order.created for the new one.
// Throws NotFound, Forbidden (own ticket), Invalid (two currencies), Conflict (names every ticket that fell
// short; too many unpaid orders).
StoredOrder place(sql::Tx& tx, const OrderId& id, const UserId& buyer, const std::vector<NewItem>& items,
                  const Limits& limits);

// What many may be after at once when these items are placed: to be named to the database.
[[nodiscard]] std::vector<std::string> hot_rows(const UserId& buyer, const std::vector<NewItem>& items,
                                                const Limits& limits);

void insert(sql::Tx& tx, const StoredOrder& stored);
[[nodiscard]] std::optional<StoredOrder> find(sql::Tx& tx, const OrderId& id);

// A buyer's own, newest first, those before `before` (all when empty).
[[nodiscard]] std::vector<StoredOrder> of_buyer(sql::Tx& tx, const UserId& buyer, const std::string& before,
                                                std::int64_t limit);

// How many orders a buyer has that are neither paid nor cancelled nor run out. Locks the buyer, so that of
// two orders placed at once the second sees the first.
[[nodiscard]] std::int64_t count_unpaid(sql::Tx& tx, const UserId& buyer);

// Database::listen to these to count what became of orders.
inline constexpr std::string_view completed_channel = "order completed", expired_channel = "order expired";

// ---- The transitions. Each is one guarded statement on the order's own row, which decides: once, by whom it is; then
// its tickets, and the event that tells it. False when the order is not in the state that it starts from.

// Cancels an order that is `created`, or `awaiting:payment` beyond its lease (as expired when its time is over,
// whoever asks), and gives its tickets back; tells order.cancelled. For `expired` only when its time has come.
bool cancel(sql::Tx& tx, const OrderId& id, CancelReason reason);

// cancel() without giving the tickets back, for who has several orders to cancel: all orders' rows are locked before
// any ticket's.
[[nodiscard]] std::optional<StoredOrder> cancel_but_keep_tickets(sql::Tx& tx, const OrderId& id,
                                                                 CancelReason reason);

// A charge begins: `created` becomes `awaiting:payment` and keeps its tickets for at least `lease` from now; tells
// order.awaiting. Also when its time was over less than `grace` ago and nobody has released it: the buyer paid in
// time, and nothing was given to others. Not when one of its listings was called off.
bool lease(sql::Tx& tx, const OrderId& id, const PaymentId& payment, std::chrono::milliseconds lease,
           std::chrono::milliseconds grace);

// The charge succeeded: what it holds is sold, whether or not its lease is over; tells order.completed.
bool complete(sql::Tx& tx, const OrderId& id, const PaymentId& payment);

// The charge came to nothing: `created` again with the time that it had, told by order.reopened; or, when that is
// over, cancelled as expired.
bool reopen(sql::Tx& tx, const OrderId& id, const PaymentId& payment);

// Its listing was called off: a `created` order is cancelled; of a `complete` one these tickets are void, told by
// order.voided.
bool call_off(sql::Tx& tx, const OrderId& id, const TicketId& ticket);

// At most `most` orders that call_off() has something to do with, those after `after` (all when empty); locked, as all
// orders' rows are before any ticket's.
[[nodiscard]] std::vector<OrderId> to_call_off(sql::Tx& tx, const TicketId& ticket, const OrderId& after,
                                               std::int64_t most);

// At most `most` orders whose hold on `ticket` has run out, those that ran out first.
[[nodiscard]] std::vector<OrderId> run_out_on(sql::Tx& tx, const TicketId& ticket, std::int64_t most);
// Of these, those that nobody else is at, locked.
[[nodiscard]] std::vector<OrderId> lock_run_out_on(sql::Tx& tx, const TicketId& ticket, std::int64_t most);

}  // namespace stagedoor::orders::store
