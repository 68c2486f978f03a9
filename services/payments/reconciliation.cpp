#include "services/payments/reconciliation.hpp"

#include <unordered_map>
#include <unordered_set>

#include "services/payments/store/books.hpp"
#include "services/payments/store/payments.hpp"

namespace stagedoor::payments {
namespace {

constexpr std::int64_t page_size = 500;
// The provider's clock is not ours: its books are read from somewhat earlier on.
constexpr std::chrono::minutes clocks_apart{10};

std::string in_words(const Money& amount) {
    return amount.to_text() + " " + std::string{amount.currency.code()};
}

class Comparison {
  public:
    Comparison(App& app, Instant since) : app_(app), since_(since), begun_(app.clock.now()) {
        found_.provider = app.provider->name();
    }

    Task<Reconciliation> run() {
        co_await compare_theirs();
        co_await look_for_ours();
        for (auto& fault : co_await app_.db.read([](sql::Tx& tx) { return store::faults(tx); })) {
            differ({.what = std::move(fault.what),
                    .payment_id = std::move(fault.payment_id),
                    .ours = in_words(fault.booked),
                    .theirs = in_words(fault.in_ledger)});
        }
        co_return std::move(found_);
    }

  private:
    // Page by page through the provider's books.
    Task<> compare_theirs() {
        std::string after;
        for (;;) {
            auto page = co_await app_.provider->books(std::max(since_ - clocks_apart, Instant{}), after);
            if (page.empty()) co_return;
            auto ours = co_await app_.db.read([&](sql::Tx& tx) {
                std::vector<std::optional<store::BookedPayment>> rows;
                for (const auto& charge : page) rows.push_back(store::find_booked(tx, charge.key, begun_));
                return rows;
            });
            for (std::size_t i = 0; i < page.size(); ++i) compare(page[i], ours[i]);
            after = page.back().reference;
        }
    }

    void compare(const BookedCharge& theirs, const std::optional<store::BookedPayment>& ours) {
        ++found_.charges;
        seen_.insert(theirs.key);
        Difference difference{
            .payment_id = theirs.key, .reference = theirs.reference, .theirs = in_words(theirs.charged)};
        if (ours && ours->status == PaymentStatus::charging) {
            ++found_.unresolved;
            return;
        }
        // Given up, made all the same, and on its way back.
        auto is_stray = ours && ours->status == PaymentStatus::failed && ours->to_refund_minor > 0;
        if (!ours || (ours->status != PaymentStatus::succeeded && !is_stray)) {
            difference.what = "a charge that we don't have";
            if (ours) difference.ours = std::string{json::to_text(ours->status)};
            return differ(std::move(difference));
        }
        if (theirs.charged != ours->amount) {
            difference.what = "another amount was charged";
            difference.ours = in_words(ours->amount);
            differ(difference);
        }
        compare_refunds(theirs, *ours);
        if (theirs.charged.minor == theirs.refunded_minor) return;
        auto [first, is_only] = standing_.emplace(ours->order_id, theirs.key);
        if (is_only) return;
        difference.what = "a second charge for one order, beside " + first->second.text;
        differ(std::move(difference));
    }

    // What we know to be done is done there; what we have decided may be.
    void compare_refunds(const BookedCharge& theirs, const store::BookedPayment& ours) {
        found_.pending_refunds += ours.refunded_minor != ours.to_refund_minor;
        if (theirs.refunded_minor >= ours.refunded_minor && theirs.refunded_minor <= ours.to_refund_minor)
            return;
        differ({.what = "another amount went back",
                .payment_id = theirs.key,
                .reference = theirs.reference,
                .ours = in_words({ours.refunded_minor, ours.amount.currency}),
                .theirs = in_words({theirs.refunded_minor, theirs.charged.currency})});
    }

    // Page by page through our own.
    Task<> look_for_ours() {
        PaymentId after;
        for (;;) {
            auto page = co_await app_.db.read(
                [&](sql::Tx& tx) { return store::paid_since(tx, since_, after, page_size); });
            if (page.empty()) co_return;
            for (const auto& payment : page) {
                if (seen_.contains(payment.id) || co_await is_known(payment)) continue;
                differ({.what = "a charge that the provider does not have",
                        .payment_id = payment.id,
                        .reference = payment.reference,
                        .ours = in_words(payment.amount)});
            }
            after = page.back().id;
        }
    }

    // It may have been charged after its books were read.
    Task<bool> is_known(const PaymentRow& payment) {
        auto known = co_await app_.provider->find(
            {payment.id, payment.order_id, payment.amount, {}, payment.created_at});
        co_return known && known->succeeded;
    }

    void differ(Difference difference) { found_.differences.push_back(std::move(difference)); }

    App& app_;
    const Instant since_, begun_;
    Reconciliation found_;
    std::unordered_set<PaymentId> seen_;
    std::unordered_map<OrderId, PaymentId> standing_;  // the charge of an order that was not paid back whole
};

}  // namespace

Task<Reconciliation> reconcile(App& app, Instant since) {
    Comparison comparison{app, since};
    co_return co_await comparison.run();
}

}  // namespace stagedoor::payments
