// The rows of orders and the statements on them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/orders/order.hpp"
#include "services/orders/store/tickets.hpp"

namespace stagedoor::orders::store {

// Limits on holding tickets repeatedly without paying, per buyer and per network.
struct AbuseLimits {
    std::string network;  // of the buyer
    std::int64_t max_unpaid_orders = 0;
    bool has_proof = false;  // the buyer has sent a valid proof of work
};

struct Limits {
    std::chrono::milliseconds time_to_pay{};
    std::optional<AbuseLimits> abuse = {};  // nullopt: lifted
};

// Holds all of `items` for `buyer`, or nothing. First releases expired holds on these tickets, so that they
// can be bought again the moment they expire; publishes order.cancelled for each and order.created for the
// new order. Throws NotFound, Forbidden (own ticket), Invalid (two currencies), Conflict (names every ticket
// that fell short; too many unpaid orders), TooManyRequests (too many holds; tickets that this buyer held a
// moment ago without paying), ProofRequired (somebody who has never paid, while much is held without paying).
StoredOrder place(sql::Tx& tx, const OrderId& id, const UserId& buyer, const std::vector<NewItem>& items,
                  const Limits& limits);

// The contended rows that placing these items locks, for WriteOptions::hot_rows.
[[nodiscard]] std::vector<std::string> hot_rows(const UserId& buyer, const std::vector<NewItem>& items,
                                                const Limits& limits);

void insert(sql::Tx& tx, const StoredOrder& stored);
[[nodiscard]] std::optional<StoredOrder> find(sql::Tx& tx, const OrderId& id);
[[nodiscard]] std::optional<StoredOrder> find_with_offers(sql::Tx& tx, const OrderId& id);

// At most `limit` of the buyer's orders with their offers, newest first: those with ids before `before`, or
// from the newest on if it is empty.
[[nodiscard]] std::vector<StoredOrder> orders_of_buyer(sql::Tx& tx, const UserId& buyer,
                                                       const std::string& before, std::int64_t limit);

// No other transaction places an order for this buyer until this one ends.
void lock_buyer(sql::Tx& tx, const UserId& buyer);

// How many of these tickets the buyer has in all orders that hold or have bought them. For a locked buyer.
[[nodiscard]] std::int64_t count_of_buyer(sql::Tx& tx, const UserId& buyer, const TicketId& ticket);

// The number of the buyer's orders that are neither paid nor cancelled nor expired. Locks the buyer: of two
// orders placed at once, the second sees the first.
[[nodiscard]] std::int64_t lock_buyer_and_count_unpaid(sql::Tx& tx, const UserId& buyer);

// Channels for Database::listen, notified when an order is completed or cancelled as expired.
inline constexpr std::string_view completed_channel = "order completed", expired_channel = "order expired";

// ---- Transitions. One guarded statement on the order's own row decides each; its tickets and its event
// follow in the same transaction. An order that is not in the state they start from stays as it is.

// Cancels an order that is `created`, or `awaiting:payment` past its lease, and releases its tickets;
// publishes order.cancelled. Returns false if it did not. The reason `expired` only cancels an order that has
// expired; conversely, an expired order gets that reason whatever `reason` is.
bool cancel(sql::Tx& tx, const OrderId& id, CancelReason reason);

// cancel(), but adds the tickets to `freed`, to be released by the caller. For cancelling several orders: all
// orders' rows are locked before any ticket's.
bool cancel_without_release(sql::Tx& tx, const OrderId& id, CancelReason reason, Quantities& freed);

// An attempt to pay an order. The next two take those of different orders, in one round trip.
struct Attempt {
    OrderId order;
    PaymentId payment;
    std::string traceparent;  // of the events that are published
};

// Charges begin: `created` becomes `awaiting:payment` and keeps its tickets for at least `min_lease` from
// now; publishes order.awaiting. Also up to `grace` after its expiry, if nobody has released it: the buyer
// paid in time. Not if one of its listings was cancelled. Returns the attempts whose orders may not be
// charged.
[[nodiscard]] std::vector<Attempt> lease(sql::Tx& tx, const std::vector<Attempt>& attempts,
                                         std::chrono::milliseconds min_lease,
                                         std::chrono::milliseconds grace);

// Charges succeeded: held becomes sold, even past the lease; publishes order.completed. Orders that do not
// await this payment don't change.
void complete(sql::Tx& tx, const std::vector<Attempt>& attempts);

// The charge failed: `created` again with the original expiry; publishes order.reopened. If that has passed,
// cancelled as expired.
void reopen(sql::Tx& tx, const OrderId& id, const PaymentId& payment);

// The listing `ticket` was cancelled: cancels `created` orders; in `complete` ones, voids these tickets and
// publishes order.voided. `orders` in the order of their ids.
void apply_cancelled_listing(sql::Tx& tx, const std::vector<OrderId>& orders, const TicketId& ticket);

// The buyer returns these tickets of a paid order, whose listing no longer offers what was bought: they
// become void and are on sale again; publishes order.voided. Does nothing if they are void already. Throws
// NotFound (none in this order), Conflict (not paid; nothing has changed, or longer than `return_time` ago;
// the doors are open).
void return_tickets(sql::Tx& tx, const OrderId& id, const TicketId& ticket,
                    std::chrono::milliseconds return_time);

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
