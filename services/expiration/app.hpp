// The dependencies of expiration's handlers and background worker.
#pragma once

#include "common/runtime/mutation.hpp"
#include "common/service/deps.hpp"
#include "common/service/worker.hpp"
#include "common/sql/database.hpp"
#include "services/expiration/store/timers.hpp"

namespace stagedoor::expiration {

struct App {
    // New timers wake the worker; this bounds how long a change of the system clock can go unnoticed.
    static constexpr std::chrono::seconds max_poll_interval{10};

    explicit App(const ServiceDeps& deps)
        : db(deps.db),
          clock(deps.clock),
          timers(deps.clock, {.name = "expiration: timers", .max_interval = max_poll_interval}),
          fired(deps.metrics.counter("stagedoor_expirations_total", "Holds that reached their expiry time")) {
        db.listen(std::string{store::timers_channel}, [this] { timers.wake(); });
    }

    sql::Database& db;
    runtime::Clock& clock;
    PollLoop timers;
    // When the worker wakes up, in milliseconds since 1970. `never` while it looks for the next timer, so
    // that every new timer wakes it.
    std::atomic<std::int64_t> sleeps_until = never;
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    runtime::Counter fired;
    bool forgets_timers = runtime::mutated(Mutation::expiry_by_timer_only);
};

}  // namespace stagedoor::expiration
