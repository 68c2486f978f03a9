#include "services/payments/reconciliation.hpp"

#include <unordered_map>
#include <unordered_set>

#include "services/payments/store/discrepancies.hpp"
#include "services/payments/store/payments.hpp"

namespace stagedoor::payments {
namespace {

constexpr std::int64_t page_size = 500;
// The provider's clock may differ from ours by this much.
constexpr std::chrono::minutes max_clock_skew{10};
// Reads the whole ledger; an operator waits for it.
constexpr std::chrono::seconds ledger_timeout{30};

std::string to_text(const Money& amount) {
    return amount.to_text() + " " + std::string{amount.currency.code()};
}

class Comparison {
  public:
    Comparison(App& app, Instant since) : app_(app), since_(since), started_at_(app.clock.now()) {
        result_.provider = app.provider->name();
    }

    Task<Reconciliation> run() {
        co_await compare_provider_charges();
        co_await find_missing_charges();
        auto discrepancies = co_await app_.db.read(
            [](sql::Tx& tx) { return store::ledger_discrepancies(tx); }, {.timeout = ledger_timeout});
        for (auto& each : discrepancies) {
            add({.what = std::move(each.what),
                 .payment_id = std::move(each.payment_id),
                 .ours = to_text(each.recorded),
                 .theirs = to_text(each.in_ledger)});
        }
        co_return std::move(result_);
    }

  private:
    // Reads the provider's books page by page.
    Task<> compare_provider_charges() {
        std::string after;
        for (;;) {
            auto page =
                co_await app_.provider->list_charges(std::max(since_ - max_clock_skew, Instant{}), after);
            if (page.empty()) co_return;
            auto ours = co_await app_.db.read([&](sql::Tx& tx) {
                std::vector<std::optional<store::RecordedPayment>> rows;
                for (const auto& charge : page)
                    rows.push_back(store::find_recorded(tx, charge.key, started_at_));
                return rows;
            });
            for (std::size_t i = 0; i < page.size(); ++i) compare(page[i], ours[i]);
            after = page.back().reference;
        }
    }

    void compare(const ChargeRecord& theirs, const std::optional<store::RecordedPayment>& ours) {
        ++result_.charges;
        seen_.insert(theirs.key);
        Difference difference{
            .payment_id = theirs.key, .reference = theirs.reference, .theirs = to_text(theirs.charged)};
        if (ours && ours->status == PaymentStatus::charging) {
            ++result_.unresolved;
            return;
        }
        // Abandoned, charged after all, and refunded.
        auto is_stray = ours && ours->status == PaymentStatus::failed && ours->to_refund_minor > 0;
        if (!ours || (ours->status != PaymentStatus::succeeded && !is_stray)) {
            difference.what = "a charge that we have no record of";
            if (ours) difference.ours = std::string{json::to_text(ours->status)};
            return add(std::move(difference));
        }
        if (theirs.charged != ours->amount) {
            difference.what = "the charged amounts differ";
            difference.ours = to_text(ours->amount);
            add(difference);
        }
        compare_refunds(theirs, *ours);
        if (theirs.charged.minor == theirs.refunded_minor) return;
        auto [first, is_only] = valid_charges_.emplace(ours->order_id, theirs.key);
        if (is_only) return;
        difference.what = "a second charge for one order, in addition to " + first->second.text;
        add(std::move(difference));
    }

    // Refunds that we know are done must be in the provider's books; pending ones may be.
    void compare_refunds(const ChargeRecord& theirs, const store::RecordedPayment& ours) {
        result_.pending_refunds += ours.refunded_minor != ours.to_refund_minor;
        if (theirs.refunded_minor >= ours.refunded_minor && theirs.refunded_minor <= ours.to_refund_minor)
            return;
        add({.what = "the refunded amounts differ",
             .payment_id = theirs.key,
             .reference = theirs.reference,
             .ours = to_text({ours.refunded_minor, ours.amount.currency}),
             .theirs = to_text({theirs.refunded_minor, theirs.charged.currency})});
    }

    // Reads our own payments page by page.
    Task<> find_missing_charges() {
        PaymentId after;
        for (;;) {
            auto page = co_await app_.db.read(
                [&](sql::Tx& tx) { return store::paid_since(tx, since_, after, page_size); });
            if (page.empty()) co_return;
            for (const auto& payment : page) {
                if (seen_.contains(payment.id) || co_await provider_knows(payment)) continue;
                add({.what = "a charge that the provider has no record of",
                     .payment_id = payment.id,
                     .reference = payment.reference,
                     .ours = to_text(payment.amount)});
            }
            after = page.back().id;
        }
    }

    // It may have been charged after the books were read.
    Task<bool> provider_knows(const PaymentRow& payment) {
        auto known = co_await app_.provider->find(
            {payment.id, payment.order_id, payment.amount, {}, payment.created_at});
        co_return known && known->succeeded;
    }

    void add(Difference difference) { result_.differences.push_back(std::move(difference)); }

    App& app_;
    const Instant since_, started_at_;
    Reconciliation result_;
    std::unordered_set<PaymentId> seen_;
    std::unordered_map<OrderId, PaymentId> valid_charges_;  // of each order, not fully refunded
};

}  // namespace

Task<Reconciliation> reconcile(App& app, Instant since) {
    Comparison comparison{app, since};
    co_return co_await comparison.run();
}

}  // namespace stagedoor::payments
