// Everything that expiration receives, and its one loop.
#include "services/expiration/service.hpp"

#include "common/runtime/log.hpp"
#include "services/expiration/app.hpp"
#include "services/expiration/handlers/handlers.hpp"
#include "services/expiration/store/migrations.hpp"

namespace stagedoor::expiration {
namespace {

// New timers wake the loop; this bounds how long a clock that was set may go unnoticed.
constexpr auto max_poll_interval = std::chrono::seconds{10};
constexpr auto wait_after_failure = std::chrono::seconds{1};

// Fires what is due, then sleeps until the next timer or a new one.
Task<> fire_timers(App& app, StopSignal& stopping) {
    stopping.on_request([&app] { app.timer_set.notify(); });
    while (!stopping.requested()) {
        app.sleeps_until = App::never;
        auto next = app.clock.now() + max_poll_interval;
        try {
            auto round = co_await app.db.write([](sql::Tx& tx) { return store::fire_due(tx); });
            app.fired.add(static_cast<double>(round.fired));
            if (round.next) next = std::min(next, *round.next);
            app.sleeps_until = next.milliseconds;
        } catch (const std::exception& error) {
            log::error("timers could not be fired", {{"error", error.what()}});
            next = app.clock.now() + wait_after_failure;
        }
        if (!stopping.requested()) (void)co_await app.timer_set.wait_until(next);
    }
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
        .worker("timers", fire_timers)
        .build();
}

}  // namespace stagedoor::expiration
