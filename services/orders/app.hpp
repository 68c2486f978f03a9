// What the routes, handlers and workers of orders share.
#pragma once

#include "common/messaging/read_your_writes.hpp"
#include "common/service/deps.hpp"
#include "common/service/worker.hpp"
#include "common/sql/database.hpp"
#include "services/orders/settings.hpp"
#include "services/orders/store/orders.hpp"
#include "services/orders/store/tickets.hpp"

namespace stagedoor::orders {

struct App {
    explicit App(const ServiceDeps& deps)
        : db(deps.db),
          bus(deps.bus),
          clock(deps.clock),
          random(deps.random),
          read_your_writes(deps.read_your_writes),
          settings(deps.own<Settings>()),
          rate_limits(deps.settings.rate_limits),
          needs_confirmed_emails(deps.settings.needs_confirmed_emails()),
          cell_of_new_ids(static_cast<int>(deps.settings.cell)),
          cancelled_listings_loop(
              deps.clock, {.name = "orders: cancelled listings", .max_interval = std::chrono::seconds{10}}),
          orders_placed(
              deps.metrics.counter("stagedoor_orders_placed_total", "Orders placed: their tickets are held")),
          orders_rejected(deps.metrics.counter(
              "stagedoor_orders_refused_total",
              "Orders rejected with 409, such as too few tickets left or too many unpaid")),
          orders_cancelled(
              deps.metrics.counter("stagedoor_orders_cancelled_total", "Orders cancelled by their buyers")),
          orders_completed(deps.metrics.counter("stagedoor_orders_completed_total", "Orders paid")),
          orders_expired(deps.metrics.counter("stagedoor_orders_expired_total",
                                              "Orders that expired unpaid; their tickets were released")) {
        db.listen(std::string{store::cancelled_listings_channel}, [this] { cancelled_listings_loop.wake(); });
        db.listen(std::string{store::completed_channel}, [count = orders_completed] { count.add(); });
        db.listen(std::string{store::expired_channel}, [count = orders_expired] { count.add(); });
    }

    sql::Database& db;
    bus::Bus& bus;
    runtime::Clock& clock;
    runtime::Random& random;
    std::shared_ptr<messaging::ReadYourWrites> read_your_writes;
    Settings settings;
    bool rate_limits, needs_confirmed_emails;
    int cell_of_new_ids;
    PollLoop cancelled_listings_loop;
    runtime::Counter orders_placed, orders_rejected, orders_cancelled, orders_completed, orders_expired;
};

}  // namespace stagedoor::orders
