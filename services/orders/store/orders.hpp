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

void insert(sql::Tx& tx, const StoredOrder& stored);
[[nodiscard]] std::optional<StoredOrder> find(sql::Tx& tx, const OrderId& id);

// A buyer's own, newest first, those before `before` (all when empty).
[[nodiscard]] std::vector<StoredOrder> of_buyer(sql::Tx& tx, const UserId& buyer, const std::string& before,
                                                std::int64_t limit);

// How many orders a buyer has that are neither paid nor cancelled nor run out. Locks the buyer, so that of
// two orders placed at once the second sees the first.
[[nodiscard]] std::int64_t count_unpaid(sql::Tx& tx, const UserId& buyer);

// Cancels an order that is `created` (as expired when its time is over, whoever asks), gives its tickets back
// and tells order.cancelled; false when it isn't, or, for `expired`, when its time has not come. One guarded
// statement on the order's own row decides: once, by whom it is.
bool cancel(sql::Tx& tx, const OrderId& id, CancelReason reason);

// At most `most` orders whose hold on `ticket` has run out, those that ran out first.
[[nodiscard]] std::vector<OrderId> run_out_on(sql::Tx& tx, const TicketId& ticket, std::int64_t most);

}  // namespace stagedoor::orders::store
