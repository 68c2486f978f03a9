// What the routes, listeners and loops of payments are given.
#pragma once

#include "common/service/service.hpp"
#include "services/payments/outcomes.hpp"
#include "services/payments/providers/provider.hpp"
#include "services/payments/store/refunds.hpp"
#include "services/payments/workers/work.hpp"

namespace stagedoor::payments {

struct App {
    App(const ServiceDeps& deps, std::unique_ptr<Provider> moves_the_money)
        : db(deps.db),
          bus(deps.bus),
          clock(deps.clock),
          random(deps.random),
          read_your_writes(deps.read_your_writes),
          settings(deps.settings),
          provider(std::move(moves_the_money)),
          outcomes(deps.clock),
          charging(deps, "charge", 64),
          refunding(deps, "refund", 16),
          charges_succeeded(deps.metrics.counter("stagedoor_charges_total", "Charges whose outcome is known",
                                                 {{"outcome", "succeeded"}})),
          charges_failed(deps.metrics.counter("stagedoor_charges_total", "Charges whose outcome is known",
                                              {{"outcome", "failed"}})),
          charges_unknown(deps.metrics.counter("stagedoor_charges_unknown_total",
                                               "Times that the provider was asked for a charge in vain")),
          refunds_done(
              deps.metrics.counter("stagedoor_refunds_total", "Refunds that the provider has made")) {
        db.listen(std::string{store::refunds_channel}, [this] { refunding.due_at(clock.now()); });
    }

    sql::Database& db;
    bus::Bus& bus;
    runtime::Clock& clock;
    runtime::Random& random;
    std::shared_ptr<messaging::ReadYourWrites> read_your_writes;
    Settings settings;
    std::unique_ptr<Provider> provider;
    Outcomes outcomes;
    Work charging, refunding;  // how many at once: what a provider allows a well-behaved caller
    runtime::Counter charges_succeeded, charges_failed, charges_unknown, refunds_done;
};

}  // namespace stagedoor::payments
