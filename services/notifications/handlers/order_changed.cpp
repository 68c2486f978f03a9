#include <set>

#include "services/notifications/handlers/handlers.hpp"
#include "services/notifications/store/emails.hpp"
#include "services/notifications/store/moves.hpp"

namespace stagedoor::notifications::handlers {
namespace {

constexpr std::chrono::days max_age{1};

// The order with only those items for which `concerns(item)`, and their total.
template <class Concerns>
contracts::OrderState part_of(const contracts::OrderState& order, Concerns concerns) {
    auto part = order;
    std::erase_if(part.items, [&](const auto& item) { return !concerns(item); });
    part.total.minor = 0;
    for (const auto& item : part.items) part.total.minor += item.price.minor * item.quantity;
    return part;
}

}  // namespace

// order.completed: emails the tickets to the buyer, and to each seller what they sold. If the event has moved
// since the order was placed, the buyer gets that email, too.
void order_completed(sql::Tx& tx, const contracts::OrderCompleted& event) {
    const contracts::OrderState& order = event;
    store::add_purchases(tx, order);
    store::add(tx, new_email(EmailKind::tickets, order.id.text, order.user_id, order));
    std::set<UserId> sellers;
    for (const auto& item : order.items) sellers.insert(item.seller_id);
    for (const auto& seller : sellers) {
        auto sold = part_of(order, [&](const auto& item) { return item.seller_id == seller; });
        store::add(tx, new_email(EmailKind::sold, order.id.text + "." + seller.text, seller, sold));
    }
}

// order.cancelled: emails the buyer, unless the buyer cancelled it, or it expired over a day ago (an event
// that arrives after an outage).
void order_cancelled(sql::Tx& tx, const contracts::OrderCancelled& event) {
    if (!event.reason || event.reason == CancelReason::buyer) return;
    auto expired = event.reason == CancelReason::expired;
    if (expired && tx.now() - event.expires_at > max_age) return;
    auto kind = expired ? EmailKind::hold_expired : EmailKind::order_cancelled;
    store::add(tx, new_email(kind, event.id.text, event.user_id, event));
}

// order.voided: emails the buyer which tickets are void and will be refunded.
void order_voided(sql::Tx& tx, const contracts::OrderVoided& event) {
    auto voided = part_of(event, [&](const auto& item) { return item.ticket_id == event.ticket_id; });
    store::add(tx, new_email(EmailKind::tickets_voided, event.id.text + "." + event.ticket_id.text,
                             event.user_id, voided));
    store::void_purchase(tx, event, event.ticket_id);
}

}  // namespace stagedoor::notifications::handlers
