#include "common/events/inbox.hpp"
#include "services/orders/listeners/listeners.hpp"
#include "services/orders/store/orders.hpp"

namespace stagedoor::orders::listeners {

// expiration.complete: tidies up a hold that ran out. Whether it has is our own clock's business: when
// expiration's is ahead, the event waits until the order's time has come here too.
void expiration_complete(sql::Tx& tx, const contracts::ExpirationComplete& event) {
    if (store::cancel(tx, event.order_id, CancelReason::expired)) return;
    auto stored = store::find(tx, event.order_id);
    if (stored && stored->order.status == OrderStatus::created)
        throw events::NotBefore{stored->order.expires_at};
}

}  // namespace stagedoor::orders::listeners
