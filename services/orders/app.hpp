// What the routes and listeners of orders are given.
#pragma once

#include "common/service/service.hpp"
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
          settings(deps.settings),
          called_off(deps.clock),
          orders_placed(deps.metrics.counter("stagedoor_orders_placed_total",
                                             "Orders that took hold of their tickets")),
          orders_refused(deps.metrics.counter(
              "stagedoor_orders_refused_total",
              "Orders refused with 409: too few tickets left, not on sale, too many unpaid")),
          orders_cancelled(
              deps.metrics.counter("stagedoor_orders_cancelled_total", "Orders cancelled by their buyers")),
          orders_completed(
              deps.metrics.counter("stagedoor_orders_completed_total", "Orders that were paid for")),
          orders_expired(deps.metrics.counter("stagedoor_orders_expired_total",
                                              "Orders whose time ran out; what they held is on sale again")) {
        db.listen(std::string{store::called_off_channel}, [this] { called_off.notify(); });
        db.listen(std::string{store::completed_channel}, [count = orders_completed] { count.add(); });
        db.listen(std::string{store::expired_channel}, [count = orders_expired] { count.add(); });
    }

    sql::Database& db;
    bus::Bus& bus;
    runtime::Clock& clock;
    runtime::Random& random;
    std::shared_ptr<messaging::ReadYourWrites> read_your_writes;
    Settings settings;
    runtime::AsyncEvent called_off;  // a listing was
    runtime::Counter orders_placed, orders_refused, orders_cancelled, orders_completed, orders_expired;
};

}  // namespace stagedoor::orders
