#include "services/orders/order.hpp"

#include <algorithm>

namespace stagedoor::orders {

bool SeenPrice::is_confirmed(const Money& actual) const {
    return (!price || !price->is_less_than(actual)) && (!currency || *currency == actual.currency.code());
}

void check(const SeenPrice& seen, json::Reading& reading) {
    if (seen.currency && !Currency::parse(*seen.currency))
        reading.add_error_at("currency", "must be a supported currency code such as USD");
}

std::vector<NewItem> NewOrder::all_items() const {
    if (items) return items->value;
    NewItem only{*this, *ticket_id, {}};
    if (quantity) only.quantity = quantity->value;
    return {only};
}

void check(const NewOrder& order, json::Reading& reading) {
    check(static_cast<const SeenPrice&>(order), reading);
    if (order.items && order.ticket_id) reading.add_error_at("items", "cannot be combined with ticketId");
    // Clients with one ticket per order send ticketId, and look for its error.
    if (!order.items && !order.ticket_id) reading.add_error_at("ticketId", "is missing");
    if (!order.items) return;
    const auto& items = order.items->value;
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto same = [&](const NewItem& other) {
            return other.ticket_id == items[i].ticket_id && !other.ticket_id.text.empty();
        };
        if (std::any_of(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(i), same)) {
            reading.add_error_at("items[" + std::to_string(i) + "].ticketId", "appears twice");
        }
    }
}

OrderView to_response(const StoredOrder& stored, Instant now) {
    const auto& row = stored.order;
    OrderView order{.id = row.id,
                    .status = row.status,
                    .user_id = row.user_id,
                    .expires_at = row.expires_at,
                    .total = row.total,
                    .version = row.version,
                    .created_at = row.created_at,
                    .reason = row.reason,
                    .payment_id = row.payment_id,
                    .items = {},
                    .ticket = {}};
    if (row.status == OrderStatus::created && row.expires_at <= now) {
        order.status = OrderStatus::cancelled;
        order.reason = CancelReason::expired;
    }
    for (const auto& item : stored.items) {
        order.items.push_back({{item.ticket_id, item.title, item.price, item.seller_id, item.ticket_version},
                               item.quantity,
                               item.cancelled_at});
    }
    if (!order.items.empty()) order.ticket = order.items.front().ticket;
    return order;
}

}  // namespace stagedoor::orders
