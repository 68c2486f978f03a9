#include "common/messaging/inbox.hpp"
#include "common/messaging/outbox.hpp"
#include "services/orders/handlers/handlers.hpp"
#include "services/orders/store/tickets.hpp"

namespace stagedoor::orders::handlers {
namespace {

constexpr std::chrono::milliseconds listing_retry_delay{200};

}  // namespace

// doors.opened: no ticket of the listing is returned from now on. What was returned before is committed, so
// its order.voided is on its way when returns.closed is.
void doors_opened(sql::Tx& tx, const contracts::DoorsOpened& event) {
    // Admissions may have received the listing before us.
    if (!store::close_returns(tx, event.ticket_id))
        throw messaging::NotBefore{tx.now() + listing_retry_delay};
    outbox::publish(tx, contracts::ReturnsClosed{.ticket_id = event.ticket_id});
}

}  // namespace stagedoor::orders::handlers
