#include <set>

#include "services/notifications/handlers/handlers.hpp"
#include "services/notifications/store/mails.hpp"

namespace stagedoor::notifications::handlers {
namespace {

constexpr std::chrono::days old_news{1};

// The order as if it held only the items for which `concerns(item)`.
template <class Concerns>
contracts::OrderState part_of(const contracts::OrderState& order, Concerns concerns) {
    auto part = order;
    std::erase_if(part.items, [&](const auto& item) { return !concerns(item); });
    part.total.minor = 0;
    for (const auto& item : part.items) part.total.minor += item.price.minor * item.quantity;
    return part;
}

}  // namespace

// order.completed: the buyer gets the tickets, each seller receives what was sold of theirs.
void order_completed(sql::Tx& tx, const contracts::OrderCompleted& event) {
    const contracts::OrderState& order = event;
    store::add(tx, new_mail(Kind::tickets, order.id.text, order.user_id, order));
    std::set<UserId> sellers;
    for (const auto& item : order.items) sellers.insert(item.seller_id);
    for (const auto& seller : sellers) {
        auto sold = part_of(order, [&](const auto& item) { return item.seller_id == seller; });
        store::add(tx, new_mail(Kind::sold, order.id.text + "." + seller.text, seller, sold));
    }
}

// order.cancelled: the buyer is told, unless it was the buyer who did it, or it ran out so long ago that it is no news
// (heard after an outage).
void order_cancelled(sql::Tx& tx, const contracts::OrderCancelled& event) {
    if (!event.reason || event.reason == CancelReason::buyer) return;
    auto ran_out = event.reason == CancelReason::expired;
    if (ran_out && tx.now() - event.expires_at > old_news) return;
    auto kind = ran_out ? Kind::ran_out : Kind::called_off;
    store::add(tx, new_mail(kind, event.id.text, event.user_id, event));
}

// order.voided: the buyer is told that these tickets are void and their money comes back.
void order_voided(sql::Tx& tx, const contracts::OrderVoided& event) {
    auto off = part_of(event, [&](const auto& item) { return item.ticket_id == event.ticket_id; });
    store::add(tx, new_mail(Kind::voided, event.id.text + "." + event.ticket_id.text, event.user_id, off));
}

}  // namespace stagedoor::notifications::handlers
