#include "common/messaging/inbox.hpp"
#include "services/orders/handlers/handlers.hpp"
#include "services/orders/store/orders.hpp"

namespace stagedoor::orders::handlers {

// expiration.complete: tidies up a hold that ran out. Whether it has is our own clock's business: when
// expiration's is ahead, the event waits until the order's time has come here too.
void expiration_complete(sql::Tx& tx, const contracts::ExpirationComplete& event) {
    if (store::cancel(tx, event.order_id, CancelReason::expired)) return;
    auto stored = store::find(tx, event.order_id);
    if (!stored) return;
    const auto& order = stored->order;
    if (order.status == OrderStatus::complete || order.status == OrderStatus::cancelled) return;
    // A charge has begun since: for the end of its lease another timer runs.
    if (event.expires_at && *event.expires_at < order.expires_at) return;
    throw messaging::NotBefore{order.expires_at};
}

}  // namespace stagedoor::orders::handlers
