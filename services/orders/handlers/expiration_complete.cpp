#include "common/messaging/inbox.hpp"
#include "services/orders/handlers/handlers.hpp"
#include "services/orders/store/orders.hpp"

namespace stagedoor::orders::handlers {

// expiration.complete: cancels an expired order. Our own clock decides: if expiration's clock is ahead, the
// event waits until the order has expired here, too.
void expiration_complete(sql::Tx& tx, const contracts::ExpirationComplete& event) {
    if (store::cancel(tx, event.order_id, CancelReason::expired)) return;
    auto stored = store::find(tx, event.order_id);
    if (!stored) return;
    const auto& order = stored->order;
    if (order.status == OrderStatus::complete || order.status == OrderStatus::cancelled) return;
    // A charge has started since; the end of its lease has a timer of its own.
    if (event.expires_at && *event.expires_at < order.expires_at) return;
    throw messaging::NotBefore{order.expires_at};
}

}  // namespace stagedoor::orders::handlers
