#include "common/runtime/log.hpp"
#include "services/payments/store/payments.hpp"
#include "services/payments/workers/workers.hpp"

namespace stagedoor::payments::workers {
namespace {

struct DueRefund {
    RefundRow row;
    std::string charge;  // the provider's id of it
};

// Returns false if the outcome is unknown, the provider rejected it, or the result could not be written.
Task<bool> try_to_refund(App& app, const DueRefund& due) {
    try {
        auto reference =
            co_await app.provider->refund({due.row.id, due.row.payment_id, due.charge, due.row.amount});
        auto is_new =
            co_await app.db.write([&](sql::Tx& tx) { return store::finish_refund(tx, due.row, reference); });
        if (is_new) app.refunds_done.add();
        co_return true;
    } catch (const RefundRejected& error) {
        log::error("provider rejected a refund", {{"refund", due.row.id.text}, {"error", error.what()}});
    } catch (const std::exception& error) {
        log::warning("outcome of a refund unknown",
                     {{"refund", due.row.id.text}, {"tries", due.row.tries}, {"error", error.what()}});
    }
    co_return false;
}

Task<> refund_one(App& app, DueRefund refund) {
    if (co_await try_to_refund(app, refund)) co_return;
    auto due = app.clock.now() + retry_delay(refund.row.tries);
    try {
        co_await app.db.write([&](sql::Tx& tx) { store::postpone_refund(tx, refund.row, due); });
        app.refunding.due_at(due);
    } catch (const std::exception& error) {  // then it is due when its lease expires
        log::error("could not postpone a refund", {{"refund", refund.row.id.text}, {"error", error.what()}});
    }
}

}  // namespace

Task<std::optional<Instant>> claim_refunds(App& app, int max_rows) {
    auto [claimed, next] = co_await app.db.write([&](sql::Tx& tx) {
        std::vector<DueRefund> due;
        for (auto& row : store::claim_refunds(tx, tx.now() + lease, max_rows)) {
            auto payment = store::find(tx, row.payment_id).value();
            due.push_back({std::move(row), payment.reference.value_or("")});
        }
        return std::pair{std::move(due), store::next_refund(tx)};
    });
    for (auto& refund : claimed) app.refunding.start([&app, refund] { return refund_one(app, refund); });
    co_return next;
}

}  // namespace stagedoor::payments::workers
