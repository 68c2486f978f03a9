#include "services/client/order_view.hpp"

#include <algorithm>

#include "common/http/message.hpp"
#include "services/client/calendar.hpp"
#include "services/client/cards.hpp"

namespace stagedoor::client {
namespace {

std::string in_utc(Instant instant) { return day_and_time(instant, "UTC") + " UTC"; }

std::string why_refunded(std::string_view reason) {
    if (reason == "listing_cancelled") return "the seller called it off";
    if (reason == "expired") return "the payment came when the hold had run out";
    return "you let the tickets go";
}

RefundView view_of(const Refund& refund) {
    RefundView view{price(refund.amount), why_refunded(refund.reason), {}, {}};
    if (refund.done_at) {
        view.back = in_utc(*refund.done_at);
        view.back_iso = refund.done_at->to_text();
    }
    return view;
}

}  // namespace

std::vector<ItemView> items_of(const Order& order) {
    std::vector<ItemView> views;
    for (const auto& [ticket, quantity, cancelled_at] : order.items) {
        auto sum = Money{ticket.price.minor * quantity, ticket.price.currency};
        views.push_back({listing_address(ticket.id), ticket.title, price(ticket.price), price(sum), quantity,
                         cancelled_at.has_value()});
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
                     .outcome = payment.succeeded()   ? "Paid"
                                : payment.under_way() ? "Under way"
                                                      : "Not charged",
                     .payment_tone = payment.succeeded()   ? "good"
                                     : payment.under_way() ? "warn"
                                                           : "",
                     .tried = in_utc(payment.created_at),
                     .tried_iso = payment.created_at.to_text()};
    if (!payment.succeeded() && !payment.under_way()) view.failure = payment.reason;
    for (const auto& refund : payment.refunds) view.refunds.push_back(view_of(refund));
    return view;
}

std::string order_address(const OrderId& id) { return "/orders/" + http::percent_encode(id.text); }

bool Standing::payable() const { return order.status == "created" && !waiting(); }

bool Standing::waiting() const {
    // Orders receives of an attempt a moment after payments opened it, and payments of a cancelled order.
    auto either = order.status == "created" || order.status == "cancelled";
    return order.status == "awaiting:payment" || (either && under_way());
}

bool Standing::paid() const { return payments && std::ranges::any_of(*payments, &Payment::succeeded); }

bool Standing::under_way() const { return payments && std::ranges::any_of(*payments, &Payment::under_way); }

std::optional<std::string> Standing::words() const {
    if (order.status == "cancelled") {
        auto words = words_of_cancelled();
        return under_way() ? words + " A payment is still under way: what it takes goes back to you." : words;
    }
    if (waiting() && paid()) return "Your payment has gone through; the tickets are yours in a moment.";
    if (waiting()) return "A payment is under way. This page shows how it ends.";
    if (order.status == "created") return std::nullopt;
    if (order.called_off()) return "The seller called it off. What you paid goes back to you.";
    if (order.void_items() == 0) return "Paid. The tickets are yours.";
    return "Paid. Some of it was called off: those tickets are void, and what you paid for them goes back to "
           "you.";
}

std::string Standing::words_of_cancelled() const {
    if (order.reason == "listing_cancelled") {
        if (paid()) return "The seller called it off. What you paid goes back to you.";
        return payments ? "The seller called it off, so this order came to nothing."
                        : "The seller called it off.";
    }
    if (order.reason == "expired") {
        return paid() ? "Your payment came when the hold had run out and the tickets were back on sale. What "
                        "you "
                        "paid goes back to you."
                      : "The hold ran out, so the tickets went back on sale.";
    }
    return paid() ? "The tickets went back on sale. What you paid goes back to you."
                  : "The tickets went back on sale.";
}

}  // namespace stagedoor::client
