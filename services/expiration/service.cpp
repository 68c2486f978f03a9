// expiration on one page: the events it handles and its one background worker.
#include "services/expiration/service.hpp"

#include "common/service/service.hpp"
#include "services/expiration/app.hpp"
#include "services/expiration/handlers/handlers.hpp"
#include "services/expiration/store/migrations.hpp"

namespace stagedoor::expiration {
namespace {

// Fires the timers that are due, then sleeps until the next one is due or an earlier one is set.
Task<std::optional<Instant>> fire_timers(App& app) {
    app.sleeps_until = App::never;
    if (std::exchange(app.forgets_timers, false))
        co_await app.db.write([](sql::Tx& tx) { tx.execute("DELETE FROM timers"); });
    auto result = co_await app.db.write([](sql::Tx& tx) { return store::fire_due(tx); });
    app.fired.add(static_cast<double>(result.fired));
    auto next = app.clock.now() + App::max_poll_interval;
    if (result.next) next = std::min(next, *result.next);
    app.sleeps_until = next.milliseconds;
    co_return next;
}

}  // namespace

Service make_service(ServiceDeps deps) {
    return service("expiration", deps, std::make_shared<App>(deps))
        .migrations(store::migrations())
        .on<contracts::OrderCreated>(handlers::order_created)
        .on<contracts::OrderAwaiting>(handlers::order_awaiting)
        .on<contracts::OrderReopened>(handlers::order_reopened)
        .on<contracts::OrderCompleted>(handlers::order_completed)
        .on<contracts::OrderCancelled>(handlers::order_cancelled)
        .follow_sessions()
        .batch_events_for(std::chrono::milliseconds{20})
        .worker(&App::timers, fire_timers)
        .build();
}

}  // namespace stagedoor::expiration
