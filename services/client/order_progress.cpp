#include "services/client/order_progress.hpp"

#include <algorithm>

#include "common/http/message.hpp"
#include "services/client/calendar.hpp"
#include "services/client/cards.hpp"

namespace stagedoor::client {
namespace {

std::string in_utc(Instant instant) { return day_and_time(instant, "UTC") + " UTC"; }

std::string refund_reason(std::string_view reason) {
    if (reason == "listing_cancelled") return "the seller cancelled the event";
    if (reason == "expired") return "the payment arrived after the hold had expired";
    return "you cancelled the order or returned tickets";
}

Money subtotal_of(const OrderItem& item) {
    return {item.ticket.price.minor * item.quantity, item.ticket.price.currency};
}

std::optional<std::string> void_because(const OrderItem& item) {
    if (!item.cancelled_at) return std::nullopt;
    return item.returned() ? "You returned them" : "Cancelled by the seller";
}

RefundView view_of(const Refund& refund) {
    RefundView view{price(refund.amount), refund_reason(refund.reason), {}, {}};
    if (refund.done_at) {
        view.back = in_utc(*refund.done_at);
        view.back_iso = refund.done_at->to_text();
    }
    return view;
}

}  // namespace

std::vector<ItemView> items_of(const Order& order) {
    std::vector<ItemView> views;
    for (const auto& item : order.items) {
        const auto& ticket = item.ticket;
        ItemView view{.address = listing_address(ticket.id),
                      .title = ticket.title,
                      .each = price(ticket.price),
                      .subtotal = price(subtotal_of(item)),
                      .quantity = item.quantity,
                      .when = {},
                      .when_iso = {},
                      .place = place_of(ticket.venue, ticket.city),
                      .seats = ticket.seats,
                      .void_because = void_because(item)};
        if (auto when = when_of(ticket.starts_at, ticket.time_zone)) {
            view.when = when->full;
            view.when_iso = when->iso;
        }
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<ReturnView> returns_of(const Order& order) {
    std::vector<ReturnView> views;
    for (const auto& item : order.items) {
        if (!item.return_until) continue;
        views.push_back({item.ticket.id.text, item.ticket.title, listing_address(item.ticket.id),
                         in_utc(*item.return_until), item.return_until->to_text(), price(subtotal_of(item))});
    }
    return views;
}

Hold hold_of(const Order& order, Instant now) {
    auto left = order.expires_at - now;
    return {time_left(left), in_utc(order.expires_at), order.expires_at.to_text(),
            std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::seconds>(left).count())};
}

PaymentView view_of(const Payment& payment) {
    PaymentView view{.payment_sum = price(payment.amount),
                     .outcome = payment.succeeded()     ? "Paid"
                                : payment.in_progress() ? "In progress"
                                                        : "Not charged",
                     .payment_tone = payment.succeeded()     ? "good"
                                     : payment.in_progress() ? "warn"
                                                             : "",
                     .tried = in_utc(payment.created_at),
                     .tried_iso = payment.created_at.to_text()};
    if (!payment.succeeded() && !payment.in_progress()) view.failure = payment.reason;
    for (const auto& refund : payment.refunds) view.refunds.push_back(view_of(refund));
    return view;
}

std::string order_address(const OrderId& id) { return "/orders/" + http::percent_encode(id.text); }

bool OrderProgress::payable() const { return order.status == "created" && !waiting(); }

bool OrderProgress::waiting() const {
    // orders learns of an attempt a moment after payments does, and payments of a cancellation after orders.
    auto either = order.status == "created" || order.status == "cancelled";
    return order.status == "awaiting:payment" || (either && in_progress());
}

bool OrderProgress::expired() const {
    return order.status == "cancelled" && order.reason == "expired" && !paid() && !in_progress();
}

bool OrderProgress::paid() const { return payments && std::ranges::any_of(*payments, &Payment::succeeded); }

bool OrderProgress::in_progress() const {
    return payments && std::ranges::any_of(*payments, &Payment::in_progress);
}

std::optional<std::string> OrderProgress::message() const {
    if (order.status == "cancelled") {
        auto message = cancelled_message();
        return in_progress()
                   ? message + " A payment is still in progress. If it goes through, we’ll refund it."
                   : message;
    }
    if (waiting() && paid()) return "Your payment went through. Your tickets will be confirmed in a moment.";
    if (waiting()) return "Your payment is in progress. This page updates by itself.";
    if (order.status == "created") return std::nullopt;
    if (order.void_items() == 0) return "Paid. The tickets are yours.";
    if (order.any_returned()) {
        return order.all_void() ? "These tickets are void. You get a full refund."
                                : "Paid, but some of these tickets are void. You get a refund for them.";
    }
    if (order.all_void()) return "The seller cancelled the event. You get a full refund.";
    return "Paid, but part of your order was cancelled by the seller. Those tickets are void, and you get a "
           "refund for them.";
}

std::string OrderProgress::cancelled_message() const {
    if (order.reason == "listing_cancelled") {
        if (paid()) return "The seller cancelled the event. You get a full refund.";
        return payments ? "The seller cancelled the event, so this order was cancelled."
                        : "The seller cancelled the event.";
    }
    if (order.reason == "expired") {
        return paid() ? "Your payment arrived after the hold had expired and the tickets were back on sale. "
                        "You get a full refund."
                      : "The hold expired, so the tickets went back on sale.";
    }
    return paid() ? "The tickets went back on sale. You get a full refund."
                  : "The tickets went back on sale.";
}

}  // namespace stagedoor::client
