#include "services/client/order_progress.hpp"

#include <algorithm>

#include "common/http/message.hpp"
#include "services/client/calendar.hpp"
#include "services/client/cards.hpp"

namespace stagedoor::client {
namespace {

std::string_view key_of_refund(std::string_view reason) {
    if (reason == "listing_cancelled") return "refund.event_cancelled";
    if (reason == "expired") return "refund.hold_expired";
    return "refund.buyer";
}

Money subtotal_of(const OrderItem& item) {
    return {item.ticket.price.minor * item.quantity, item.ticket.price.currency};
}

std::optional<std::string> void_because(const OrderItem& item, const language::Texts& text) {
    if (!item.cancelled_at) return std::nullopt;
    return text(item.returned() ? "order.you_returned" : "order.seller_cancelled");
}

RefundView view_of(const Refund& refund, const language::Texts& text) {
    RefundView view{price(refund.amount, text.language()), text(key_of_refund(refund.reason)), {}, {}};
    if (refund.done_at) {
        view.back = in_utc(*refund.done_at, text.language());
        view.back_iso = refund.done_at->to_text();
    }
    return view;
}

}  // namespace

std::vector<ItemView> items_of(const Order& order, const language::Texts& text) {
    std::vector<ItemView> views;
    for (const auto& item : order.items) {
        const auto& ticket = item.ticket;
        ItemView view{.address = listing_address(ticket.id),
                      .title = ticket.title,
                      .each = price(ticket.price, text.language()),
                      .subtotal = price(subtotal_of(item), text.language()),
                      .quantity = item.quantity,
                      .when = {},
                      .when_iso = {},
                      .place = place_of(ticket.venue, ticket.city),
                      .seats = ticket.seats,
                      .void_because = void_because(item, text)};
        if (auto when = when_of(ticket.starts_at, ticket.time_zone, text.language())) {
            view.when = when->full;
            view.when_iso = when->iso;
        }
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<ReturnView> returns_of(const Order& order, const language::Texts& text) {
    std::vector<ReturnView> views;
    for (const auto& item : order.items) {
        if (!item.return_until) continue;
        views.push_back({item.ticket.id.text, item.ticket.title, listing_address(item.ticket.id),
                         in_utc(*item.return_until, text.language()), item.return_until->to_text(),
                         price(subtotal_of(item), text.language())});
    }
    return views;
}

Hold hold_of(const Order& order, Instant now, const language::Texts& text) {
    auto seconds = [](std::chrono::milliseconds time) {
        return std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::seconds>(time).count());
    };
    auto left = order.expires_at - now;
    auto length = order.expires_at - order.created_at.value_or(now);
    return {.left = time_left(left, text),
            .until = in_utc(order.expires_at, text.language()),
            .until_iso = order.expires_at.to_text(),
            .seconds = seconds(left),
            .length = seconds(length),
            .soon = seconds(left) < Hold::warned_seconds};
}

PaymentView view_of(const Payment& payment, const language::Texts& text) {
    PaymentView view{.payment_sum = price(payment.amount, text.language()),
                     .outcome = text(payment.succeeded()     ? "payment.paid"
                                     : payment.in_progress() ? "payment.in_progress"
                                                             : "payment.not_charged"),
                     .payment_tone = payment.succeeded()     ? "good"
                                     : payment.in_progress() ? "warn"
                                                             : "",
                     .tried = in_utc(payment.created_at, text.language()),
                     .tried_iso = payment.created_at.to_text()};
    if (!payment.succeeded() && !payment.in_progress() && payment.reason)
        view.failure = language::to_text(Message::stored(*payment.reason), text.language());
    for (const auto& refund : payment.refunds) view.refunds.push_back(view_of(refund, text));
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

std::optional<std::string> OrderProgress::message(const language::Texts& text) const {
    if (order.status == "cancelled") {
        auto message = text(key_if_cancelled());
        return in_progress() ? message + " " + text("progress.still_paying") : message;
    }
    if (waiting()) return text(paid() ? "progress.confirming" : "progress.paying");
    if (order.status == "created") return std::nullopt;
    if (order.void_items() == 0) return text("progress.paid");
    if (order.any_returned()) return text(order.all_void() ? "progress.void" : "progress.partly_void");
    return text(order.all_void() ? "progress.event_cancelled_refund" : "progress.partly_cancelled");
}

std::string_view OrderProgress::key_if_cancelled() const {
    if (order.reason == "listing_cancelled") {
        if (paid()) return "progress.event_cancelled_refund";
        return payments ? "progress.event_cancelled_order" : "progress.event_cancelled";
    }
    if (order.reason == "expired") return paid() ? "progress.paid_late" : "progress.hold_expired";
    return paid() ? "progress.back_on_sale_refund" : "progress.back_on_sale";
}

}  // namespace stagedoor::client
