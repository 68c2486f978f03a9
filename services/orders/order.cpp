#include "services/orders/order.hpp"

#include <algorithm>

namespace stagedoor::orders {

bool SeenPrice::is_confirmed(const Money& actual) const {
    return (!price || !price->is_less_than(actual)) && (!currency || *currency == actual.currency.code());
}

void check(const SeenPrice& seen, json::Reading& reading) {
    if (seen.currency && !Currency::parse(*seen.currency))
        reading.add_error_at("currency", "must be a supported currency code such as USD"_text);
}

std::vector<NewItem> NewOrder::all_items() const {
    if (items) return items->value;
    NewItem only{*this, *ticket_id, {}};
    if (quantity) only.quantity = quantity->value;
    return {only};
}

void check(const NewOrder& order, json::Reading& reading) {
    check(static_cast<const SeenPrice&>(order), reading);
    if (order.items && order.ticket_id)
        reading.add_error_at("items", "cannot be combined with ticketId"_text);
    // Clients with one ticket per order send ticketId, and look for its error.
    if (!order.items && !order.ticket_id) reading.add_error_at("ticketId", "is missing"_text);
    if (!order.items) return;
    const auto& items = order.items->value;
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto same = [&](const NewItem& other) {
            return other.ticket_id == items[i].ticket_id && !other.ticket_id.text.empty();
        };
        if (std::any_of(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(i), same)) {
            reading.add_error_at("items[" + std::to_string(i) + "].ticketId", "appears twice"_text);
        }
    }
}

namespace {

OrderItem to_response(const ItemRow& item, const BoughtOffer& bought, std::chrono::milliseconds return_time) {
    const auto& offer = bought.offer;
    OrderItem view{.ticket = {.id = item.ticket_id,
                              .title = item.title,
                              .price = item.price,
                              .user_id = item.seller_id,
                              .version = item.ticket_version,
                              .starts_at = offer.starts_at,
                              .time_zone = offer.time_zone,
                              .venue = offer.venue,
                              .city = offer.city,
                              .seats = offer.seats},
                   .quantity = item.quantity,
                   .cancelled_at = item.cancelled_at,
                   .reason = item.reason,
                   .return_until = {}};
    if (item.cancelled_at && !item.reason) view.reason = CancelReason::listing_cancelled;
    if (bought.changed_at && !item.cancelled_at) view.return_until = *bought.changed_at + return_time;
    return view;
}

}  // namespace

OrderView to_response(const StoredOrder& stored, Instant now, std::chrono::milliseconds return_time) {
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
    for (std::size_t i = 0; i < stored.items.size(); ++i) {
        auto offer = stored.offers.empty() ? BoughtOffer{} : stored.offers[i];
        auto item = to_response(stored.items[i], offer, return_time);
        if (row.status != OrderStatus::complete || item.return_until <= now) item.return_until.reset();
        order.items.push_back(std::move(item));
    }
    if (!order.items.empty()) order.ticket = order.items.front().ticket;
    return order;
}

Sale to_response(const SaleRow& row, Instant now) {
    Sale sale{.order_id = row.order_id,
              .created_at = row.created_at,
              .quantity = row.quantity,
              .total = {row.unit_price.minor * row.quantity, row.unit_price.currency},
              .reason = row.reason};
    auto expired = row.status == OrderStatus::created && row.expires_at <= now;
    if (row.status == OrderStatus::cancelled || expired)
        sale.status = SaleStatus::cancelled;
    else if (row.status == OrderStatus::complete)
        sale.status = row.cancelled_at ? SaleStatus::refunded : SaleStatus::paid;
    else
        sale.status = row.status == OrderStatus::created ? SaleStatus::held : SaleStatus::paying;
    if (expired) sale.reason = CancelReason::expired;
    if (sale.status == SaleStatus::refunded && !sale.reason) sale.reason = CancelReason::listing_cancelled;
    return sale;
}

}  // namespace stagedoor::orders
