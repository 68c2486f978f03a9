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

Task<> call_off_orders(App& app, TicketId ticket) {
    bool more = true;
    while (more) {
        more = co_await app.db.write([&](sql::Tx& tx) {
            auto orders = store::to_call_off(tx, ticket, orders_at_once);
            for (const auto& order : orders) store::call_off(tx, order, ticket);
            if (orders.empty()) store::finish_calling_off(tx, ticket);
            return !orders.empty();
        });
    }
}

}  // namespace

Task<> call_off(App& app, Stopping& stopping) {
    stopping.on_request([&app] { app.called_off.notify(); });
    while (!stopping.requested()) {
        std::chrono::milliseconds wait = longest_wait;
        try {
            auto tickets = co_await app.db.read([](sql::Tx& tx) { return store::called_off(tx); });
            for (const auto& ticket : tickets) co_await call_off_orders(app, ticket);
            if (!tickets.empty()) wait = between_looks;
        } catch (const std::exception& error) {
            log::error("orders of a listing could not be called off", {{"error", error.what()}});
            wait = between_looks;
        }
        if (!stopping.requested()) (void)co_await app.called_off.wait_for(wait);
    }
}

}  // namespace stagedoor::orders::loops
