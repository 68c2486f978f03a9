#include "common/runtime/backoff.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/mutation.hpp"
#include "services/payments/store/payments.hpp"
#include "services/payments/workers/workers.hpp"

namespace stagedoor::payments::workers {
namespace {

// A provider's call succeeds or fails within this time; with less left, it might outlive the lease.
constexpr std::chrono::seconds max_call_time{10};
// Providers remember a key for a day; a charge sent again after that might be a second one.
constexpr std::chrono::hours key_lifetime{23};

Charge to_charge(const PaymentRow& payment) {
    auto key = payment.id;
    if (payment.tries > 1 && runtime::mutated(Mutation::charge_with_new_key))
        key.text += "-" + std::to_string(payment.tries);
    return {key, payment.order_id, payment.amount, payment.token.value_or(""), payment.created_at};
}

// The lease leaves no time for another call; the next replica to claim the charge goes on.
struct LeaseTooShort : std::runtime_error {
    LeaseTooShort() : std::runtime_error("the lease leaves no time for a charge") {}
};

// Whether, as far as we know, the tickets are still held for it.
Task<bool> is_wanted(App& app, const PaymentRow& payment) {
    co_return co_await app.db.read([&](sql::Tx& tx) {
        auto order = store::find_order(tx, payment.order_id).value();
        return order.status == OrderStatus::awaiting_payment && order.expires_at > tx.now();
    });
}

// A retry first looks the charge up by its key; nothing is ever charged blindly. If the provider does not
// know the key, charging again under it is safe as long as the provider remembers keys; no other replica does
// so before `lease_end`. A charge that is not retried is cancelled at the provider: another
// replica's call may still be in flight.
Task<ChargeOutcome> resolve_charge(App& app, const PaymentRow& payment, Instant lease_end) {
    if (payment.tries > 1) {
        if (auto known = co_await app.provider->find(to_charge(payment))) co_return *known;
        auto key_is_remembered = app.clock.now() - payment.created_at <= key_lifetime;
        if (!key_is_remembered || !co_await is_wanted(app, payment)) {
            if (runtime::mutated(Mutation::abandoned_without_cancelling)) co_return ChargeOutcome{};
            co_return co_await app.provider->cancel_charge(to_charge(payment));
        }
    }
    if (app.clock.now() + max_call_time > lease_end) throw LeaseTooShort{};
    co_return co_await app.provider->charge(to_charge(payment));
}

// Returns false if the outcome is unknown or could not be written.
Task<bool> try_to_charge(App& app, const PaymentRow& payment, Instant lease_end) {
    try {
        auto outcome = co_await resolve_charge(app, payment, lease_end);
        if (runtime::mutated(Mutation::outcome_hint_before_commit))
            app.outcomes.send_hint(payment.id, {outcome.succeeded, true, outcome.reason});
        co_await app.db.write([&](sql::Tx& tx) { settle(app, tx, payment, outcome); },
                              {.hot_rows = {store::hot_row(payment.order_id)}});
        co_return true;
    } catch (const std::exception& error) {
        log::warning("outcome of a charge unknown",
                     {{"payment", payment.id.text}, {"tries", payment.tries}, {"error", error.what()}});
    }
    app.charges_unknown.add();
    co_return false;
}

Task<> charge_one(App& app, PaymentRow payment, Instant lease_end) {
    if (co_await try_to_charge(app, payment, lease_end)) co_return;
    auto due = app.clock.now() + retry_delay(payment.tries);
    try {
        co_await app.db.write([&](sql::Tx& tx) { store::postpone_charge(tx, payment, due); });
        app.charging.due_at(due);
    } catch (const std::exception& error) {  // then it is due when its lease expires
        log::error("could not postpone a charge", {{"payment", payment.id.text}, {"error", error.what()}});
    }
}

}  // namespace

std::chrono::milliseconds retry_delay(std::int64_t tries) {
    return tries < 2 ? std::chrono::milliseconds{} : runtime::backoff(tries - 1, std::chrono::minutes{5});
}

Task<std::optional<Instant>> claim_charges(App& app, int max_rows) {
    auto lease_end = app.clock.now() + lease;
    auto [claimed, next] = co_await app.db.write([&](sql::Tx& tx) {
        auto due = store::claim_charges(tx, lease_end, max_rows);
        return std::pair{std::move(due), store::next_charge(tx)};
    });
    for (auto& payment : claimed)
        app.charging.start([&app, payment, lease_end] { return charge_one(app, payment, lease_end); });
    co_return next;
}

void charge_after_commit(App& app, sql::Tx& tx, const PaymentRow& payment) {
    tx.after_commit([&app, payment, lease_end = tx.now() + lease] {
        app.charging.hand_over([&app, payment, lease_end] { return charge_one(app, payment, lease_end); });
    });
}

void settle(App& app, sql::Tx& tx, const PaymentRow& payment, const ChargeOutcome& outcome) {
    auto settled = store::settle(tx, payment, outcome, app.settings.fee_basis_points);
    if (!settled) return;
    tx.after_commit(
        [counter = outcome.succeeded ? app.charges_succeeded : app.charges_failed] { counter.add(); });
    app.outcomes.notify_after_commit(tx, *settled);
}

}  // namespace stagedoor::payments::workers
