#include "common/runtime/log.hpp"
#include "services/orders/store/orders.hpp"
#include "services/orders/store/tickets.hpp"
#include "services/orders/workers/workers.hpp"

namespace stagedoor::orders::workers {
namespace {

constexpr std::int64_t orders_at_once = 50;  // so that no request waits long behind them
// An order whose charge is under way is seen to when that has ended.
constexpr std::chrono::milliseconds poll_interval{500};
constexpr std::chrono::seconds max_poll_interval{10};

Task<> call_off_orders(App& app, StopSignal& stopping, TicketId ticket) {
    std::optional<OrderId> last{std::in_place};
    while (last && !stopping.requested()) {
        last = co_await app.db.write(
            [&](sql::Tx& tx) -> std::optional<OrderId> {
                auto orders = store::to_call_off(tx, ticket, *last, orders_at_once);
                for (const auto& order : orders) store::call_off(tx, order, ticket);
                if (!orders.empty()) return orders.back();
                store::finish_calling_off(tx, ticket);
                return std::nullopt;
            },
            {.hot_rows = {store::hot_row(ticket)}});
    }
}

// One listing that fails does not hold up the others.
Task<> try_to_call_off(App& app, StopSignal& stopping, TicketId ticket) {
    try {
        co_await call_off_orders(app, stopping, ticket);
    } catch (const std::exception& error) {
        log::error("orders of a listing could not be called off",
                   {{"ticket", ticket.text}, {"error", error.what()}});
    }
}

}  // namespace

Task<> call_off(App& app, StopSignal& stopping) {
    stopping.on_request([&app] { app.called_off.notify(); });
    while (!stopping.requested()) {
        std::chrono::milliseconds wait = max_poll_interval;
        try {
            auto tickets = co_await app.db.read([](sql::Tx& tx) { return store::called_off(tx); });
            for (const auto& ticket : tickets) co_await try_to_call_off(app, stopping, ticket);
            if (!tickets.empty()) wait = poll_interval;
        } catch (const std::exception& error) {
            log::error("listings that were called off could not be looked for", {{"error", error.what()}});
            wait = poll_interval;
        }
        if (!stopping.requested()) (void)co_await app.called_off.wait_for(wait);
    }
}

}  // namespace stagedoor::orders::workers
