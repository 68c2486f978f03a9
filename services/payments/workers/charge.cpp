#include "common/runtime/backoff.hpp"
#include "common/runtime/log.hpp"
#include "services/payments/store/payments.hpp"
#include "services/payments/workers/workers.hpp"

namespace stagedoor::payments::workers {
namespace {

// A provider answers, or is silent, within that time; what is begun later might outlive its lease.
constexpr std::chrono::seconds longest_call{10};
// A provider remembers a key for a day; a charge sent again after that might be a second one.
constexpr std::chrono::hours keys_are_remembered{23};

Charge charge_of(const PaymentRow& payment) {
    return {payment.id, payment.order_id, payment.amount, payment.token.value_or(""), payment.created_at};
}

// This copy's lease leaves no time for another call: whoever claims it next goes on.
struct LeaseIsOver : std::runtime_error {
    LeaseIsOver() : std::runtime_error("its lease leaves no time for a charge") {}
};

// The tickets are kept for it still, as far as we have heard.
Task<bool> is_wanted(App& app, const PaymentRow& payment) {
    co_return co_await app.db.read([&](sql::Tx& tx) {
        auto order = store::find_order(tx, payment.order_id).value();
        return order.status == OrderStatus::awaiting_payment && order.expires_at > tx.now();
    });
}

// Only what was never sent is charged without asking. What the provider has never heard of is safe to send again, under
// the same key, as long as the provider would know it by that; nobody else sends it before `lease_end`. What is not sent
// again is called off: another copy's call may still be on its way.
Task<ChargeOutcome> ask_provider(App& app, const PaymentRow& payment, Instant lease_end) {
    if (payment.tries > 1) {
        if (auto known = co_await app.provider->find(charge_of(payment))) co_return *known;
        auto key_is_remembered = app.clock.now() - payment.created_at <= keys_are_remembered;
        if (!key_is_remembered || !co_await is_wanted(app, payment))
            co_return co_await app.provider->call_off(charge_of(payment));
    }
    if (app.clock.now() + longest_call > lease_end) throw LeaseIsOver{};
    co_return co_await app.provider->charge(charge_of(payment));
}

// False when the outcome could not be heard, or not be written.
Task<bool> try_to_charge(App& app, const PaymentRow& payment, Instant lease_end) {
    try {
        auto outcome = co_await ask_provider(app, payment, lease_end);
        co_await app.db.write([&](sql::Tx& tx) { settle(app, tx, payment, outcome); });
        co_return true;
    } catch (const std::exception& error) {
        log::warning("the outcome of a charge is not known",
                     {{"payment", payment.id.text}, {"tries", payment.tries}, {"error", error.what()}});
    }
    app.charges_unknown.add();
    co_return false;
}

Task<> charge_one(App& app, PaymentRow payment, Instant lease_end) {
    if (co_await try_to_charge(app, payment, lease_end)) co_return;
    auto due = app.clock.now() + patience_after(payment.tries);
    try {
        co_await app.db.write([&](sql::Tx& tx) { store::put_off_charge(tx, payment, due); });
        app.charging.due_at(due);
    } catch (const std::exception& error) {  // then the end of its lease brings it up again
        log::error("a charge could not be put off", {{"payment", payment.id.text}, {"error", error.what()}});
    }
}

Task<std::optional<Instant>> claim(App& app, int most) {
    auto lease_end = app.clock.now() + lease;
    auto [claimed, next] = co_await app.db.write([&](sql::Tx& tx) {
        auto due = store::claim_charges(tx, lease_end, most);
        return std::pair{std::move(due), store::next_charge(tx)};
    });
    for (auto& payment : claimed)
        app.charging.start([&app, payment, lease_end] { return charge_one(app, payment, lease_end); });
    co_return next;
}

}  // namespace

std::chrono::milliseconds patience_after(std::int64_t tries) {
    return tries < 2 ? std::chrono::milliseconds{} : runtime::backoff(tries - 1, std::chrono::minutes{5});
}

Task<> charge(App& app, StopSignal& stopping) {
    return app.charging.run(
        stopping, [&app](int most) { return claim(app, most); }, [&app] { app.provider->close(); });
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
    app.outcomes.tell(tx, *settled);
}

}  // namespace stagedoor::payments::workers
