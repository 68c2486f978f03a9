// What the routes, handlers and workers of payments share.
#pragma once

#include "common/messaging/read_your_writes.hpp"
#include "common/service/deps.hpp"
#include "common/service/worker.hpp"
#include "common/sql/database.hpp"
#include "services/payments/outcomes.hpp"
#include "services/payments/providers/provider.hpp"
#include "services/payments/settings.hpp"
#include "services/payments/store/refunds.hpp"

namespace stagedoor::payments {

struct App {
    App(const ServiceDeps& deps, std::unique_ptr<Provider> payment_provider)
        : db(deps.db),
          bus(deps.bus),
          clock(deps.clock),
          random(deps.random),
          read_your_writes(deps.read_your_writes),
          settings(deps.own<Settings>()),
          rate_limits(deps.settings.rate_limits),
          provider(std::move(payment_provider)),
          outcomes(deps.clock, deps.bus),
          charging(deps.clock, deps.executor, "payments: charges", 64),
          refunding(deps.clock, deps.executor, "payments: refunds", 16),
          charges_succeeded(deps.metrics.counter("stagedoor_charges_total", "Charges with a known outcome",
                                                 {{"outcome", "succeeded"}})),
          charges_failed(deps.metrics.counter("stagedoor_charges_total", "Charges with a known outcome",
                                              {{"outcome", "failed"}})),
          charges_unknown(
              deps.metrics.counter("stagedoor_charges_unknown_total",
                                   "Calls to the provider that left the outcome of a charge unknown")),
          refunds_done(deps.metrics.counter("stagedoor_refunds_total", "Refunds made by the provider")) {
        db.listen(std::string{store::refunds_channel}, [this] { refunding.due_at(clock.now()); });
    }

    sql::Database& db;
    bus::Bus& bus;
    runtime::Clock& clock;
    runtime::Random& random;
    std::shared_ptr<messaging::ReadYourWrites> read_your_writes;
    Settings settings;
    bool rate_limits;
    std::unique_ptr<Provider> provider;
    Outcomes outcomes;
    LeaseWorker charging, refunding;  // limits: within what a provider allows a well-behaved client
    runtime::Counter charges_succeeded, charges_failed, charges_unknown, refunds_done;
};

}  // namespace stagedoor::payments
