#include "common/runtime/log.hpp"
#include "services/orders/store/orders.hpp"
#include "services/orders/store/tickets.hpp"
#include "services/orders/workers/workers.hpp"

namespace stagedoor::orders::workers {
namespace {

constexpr std::int64_t batch_size = 50;  // small, so that requests don't wait long behind a batch
// An order with a charge in progress can only be processed once the charge has ended.
constexpr std::chrono::milliseconds retry_interval{500};

Task<> cancel_orders(App& app, TicketId ticket) {
    std::optional<OrderId> last{std::in_place};
    while (last && !app.cancelled_listings_loop.stop_requested()) {
        last = co_await app.db.write(
            [&](sql::Tx& tx) -> std::optional<OrderId> {
                auto orders = store::lock_orders_of_cancelled_listing(tx, ticket, *last, batch_size);
                store::apply_cancelled_listing(tx, orders, ticket);
                if (!orders.empty()) return orders.back();
                store::finish_cancelled_listing(tx, ticket);
                return std::nullopt;
            },
            {.hot_rows = {store::hot_row(ticket)}});
    }
}

// A listing that fails does not delay the others.
Task<> try_to_cancel_orders(App& app, TicketId ticket) {
    try {
        co_await cancel_orders(app, ticket);
    } catch (const std::exception& error) {
        log::error("could not cancel the orders of a cancelled listing",
                   {{"ticket", ticket.text}, {"error", error.what()}});
    }
}

}  // namespace

Task<std::optional<Instant>> process_cancelled_listings(App& app) {
    auto tickets = co_await app.db.read([](sql::Tx& tx) { return store::cancelled_listings(tx); });
    for (const auto& ticket : tickets) co_await try_to_cancel_orders(app, ticket);
    if (tickets.empty()) co_return std::nullopt;
    co_return app.clock.now() + retry_interval;
}

}  // namespace stagedoor::orders::workers
