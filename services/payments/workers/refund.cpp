#include "common/runtime/log.hpp"
#include "services/payments/store/payments.hpp"
#include "services/payments/workers/workers.hpp"

namespace stagedoor::payments::workers {
namespace {

struct DueRefund {
    RefundRow row;
    std::string charge;  // what the provider calls it
};

// False when the provider did not do it, or that could not be written.
Task<bool> try_to_refund(App& app, const DueRefund& due) {
    try {
        auto reference =
            co_await app.provider->refund({due.row.id, due.row.payment_id, due.charge, due.row.amount});
        auto is_news =
            co_await app.db.write([&](sql::Tx& tx) { return store::finish_refund(tx, due.row, reference); });
        if (is_news) app.refunds_done.add();
        co_return true;
    } catch (const RefundRefused& error) {
        log::error("a refund was refused", {{"refund", due.row.id.text}, {"error", error.what()}});
    } catch (const std::exception& error) {
        log::warning("a refund is not known to be done",
                     {{"refund", due.row.id.text}, {"tries", due.row.tries}, {"error", error.what()}});
    }
    co_return false;
}

Task<> refund_one(App& app, DueRefund refund) {
    if (co_await try_to_refund(app, refund)) co_return;
    auto due = app.clock.now() + patience_after(refund.row.tries);
    try {
        co_await app.db.write([&](sql::Tx& tx) { store::put_off_refund(tx, refund.row, due); });
        app.refunding.due_at(due);
    } catch (const std::exception& error) {  // then the end of its lease brings it up again
        log::error("a refund could not be put off",
                   {{"refund", refund.row.id.text}, {"error", error.what()}});
    }
}

Task<std::optional<Instant>> claim(App& app, int most) {
    auto [claimed, next] = co_await app.db.write([&](sql::Tx& tx) {
        std::vector<DueRefund> due;
        for (auto& row : store::claim_refunds(tx, tx.now() + lease, most)) {
            auto payment = store::find(tx, row.payment_id).value();
            due.push_back({std::move(row), payment.reference.value_or("")});
        }
        return std::pair{std::move(due), store::next_refund(tx)};
    });
    for (auto& refund : claimed) app.refunding.start([&app, refund] { return refund_one(app, refund); });
    co_return next;
}

}  // namespace

Task<> refund(App& app, StopSignal& stopping) {
    return app.refunding.run(
        stopping, [&app](int most) { return claim(app, most); }, [&app] { app.provider->close(); });
}

}  // namespace stagedoor::payments::workers
