// What the listeners and the timer loop of expiration are given.
#pragma once

#include "common/service/service.hpp"
#include "services/expiration/store/timers.hpp"

namespace stagedoor::expiration {

struct App {
    explicit App(const ServiceDeps& deps)
        : db(deps.db),
          clock(deps.clock),
          timer_set(deps.clock),
          fired(deps.metrics.counter("stagedoor_expirations_total", "Orders whose time to pay was over")) {
        db.listen(std::string{store::timers_channel}, [this] { timer_set.notify(); });
    }

    sql::Database& db;
    runtime::Clock& clock;
    runtime::AsyncEvent timer_set;
    // Milliseconds of the timer that the loop sleeps for; while it looks for the next one, the end of time,
    // so that every new timer wakes it.
    std::atomic<std::int64_t> sleeps_until = never;
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    runtime::Counter fired;
};

}  // namespace stagedoor::expiration
