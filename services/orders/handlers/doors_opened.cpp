#include "common/messaging/inbox.hpp"
#include "common/messaging/outbox.hpp"
#include "services/orders/handlers/handlers.hpp"
#include "services/orders/store/tickets.hpp"

namespace stagedoor::orders::handlers {
namespace {

constexpr std::chrono::milliseconds listing_retry_delay{200};

}  // namespace

// doors.opened: no ticket of the listing can be returned from now on. Earlier returns are committed by then,
// so their order.voided events precede returns.closed in the outbox. They are about other entities, so a
// subscriber may still receive them later.
void doors_opened(sql::Tx& tx, const contracts::DoorsOpened& event) {
    // Admissions may have received the listing before us.
    if (!store::close_returns(tx, event.ticket_id))
        throw messaging::NotBefore{tx.now() + listing_retry_delay};
    outbox::publish(tx, contracts::ReturnsClosed{.ticket_id = event.ticket_id});
}

}  // namespace stagedoor::orders::handlers
