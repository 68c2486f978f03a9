#include "common/runtime/log.hpp"
#include "services/orders/loops/loops.hpp"
#include "services/orders/store/orders.hpp"
#include "services/orders/store/tickets.hpp"

namespace stagedoor::orders::loops {
namespace {

constexpr std::int64_t orders_at_once = 50;  // so that no request waits long behind them
// An order whose charge is under way is seen to when that has ended.
constexpr std::chrono::milliseconds between_looks{500};
constexpr std::chrono::seconds longest_wait{10};

Task<> call_off_orders(App& app, Stopping& stopping, TicketId ticket) {
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
            {.wanted_rows = {store::wanted_row(ticket)}});
    }
}

// One listing that fails does not hold up the others.
Task<> try_to_call_off(App& app, Stopping& stopping, TicketId ticket) {
    try {
        co_await call_off_orders(app, stopping, ticket);
    } catch (const std::exception& error) {
        log::error("orders of a listing could not be called off",
                   {{"ticket", ticket.text}, {"error", error.what()}});
    }
}

}  // namespace

Task<> call_off(App& app, Stopping& stopping) {
    stopping.on_request([&app] { app.called_off.notify(); });
    while (!stopping.requested()) {
        std::chrono::milliseconds wait = longest_wait;
        try {
            auto tickets = co_await app.db.read([](sql::Tx& tx) { return store::called_off(tx); });
            for (const auto& ticket : tickets) co_await try_to_call_off(app, stopping, ticket);
            if (!tickets.empty()) wait = between_looks;
        } catch (const std::exception& error) {
            log::error("listings that were called off could not be looked for", {{"error", error.what()}});
            wait = between_looks;
        }
        if (!stopping.requested()) (void)co_await app.called_off.wait_for(wait);
    }
}

}  // namespace stagedoor::orders::loops
