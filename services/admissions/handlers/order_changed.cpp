#include <algorithm>

#include "services/admissions/code/ticket_code.hpp"
#include "services/admissions/handlers/handlers.hpp"
#include "services/admissions/store/passes.hpp"

namespace stagedoor::admissions::handlers {
namespace {

// As many ids as an order has units. A list of passes, newest first, has them in the order's own order.
std::vector<std::string> new_ids(App& app, const contracts::OrderState& order, Instant now) {
    std::vector<std::string> ids;
    for (const auto& item : order.items) {
        for (std::int64_t unit = 0; unit < item.quantity; ++unit)
            ids.push_back(runtime::new_uuid(app.random, now, app.cell_of_new_ids));
    }
    std::ranges::sort(ids, std::ranges::greater{});
    return ids;
}

code::Serial new_serial(runtime::Random& random) {
    code::Serial serial;
    random.fill(std::as_writable_bytes(std::span{serial.bytes}));
    return serial;
}

}  // namespace

// order.completed: issues a pass for each unit. Ids and serials are drawn in the transaction, as its events
// are known only there; if it runs again, those of the first run never existed.
void orders_completed(App& app, sql::Tx& tx, messaging::Batch<contracts::OrderCompleted> events) {
    std::vector<store::NewPass> passes;
    for (const auto& [order, traceparent] : events) {
        auto ids = new_ids(app, order, tx.now());
        auto id = ids.begin();
        for (const auto& item : order.items) {
            for (std::int64_t number = 1; number <= item.quantity; ++number) {
                auto serial = new_serial(app.random);
                passes.push_back({.id = PassId{std::move(*id++)},
                                  .order_id = order.id,
                                  .ticket_id = item.ticket_id,
                                  .number = number,
                                  .serial = code::to_hex(serial),
                                  .shard = code::shard_of(serial),
                                  .holder_id = order.user_id,
                                  .title = item.title});
            }
        }
    }
    store::issue(tx, passes);
    tx.after_commit([count = app.passes_issued, issued = passes.size()]() mutable {
        count.add(static_cast<double>(issued));
    });
}

// order.voided: the tickets of one listing in the order are void, and so are their passes, whoever has them.
void order_voided(sql::Tx& tx, const contracts::OrderVoided& event) {
    store::revoke(tx, event.id, event.ticket_id);
}

}  // namespace stagedoor::admissions::handlers
