#include "common/runtime/log.hpp"
#include "services/admissions/store/scans.hpp"
#include "services/admissions/workers/workers.hpp"

namespace stagedoor::admissions::workers {
namespace {

// After the event has begun and its last door is closed: a phone that was forgotten in a drawer has uploaded
// by then what it had.
constexpr std::chrono::milliseconds max_age = std::chrono::days{90};
constexpr std::int64_t max_removed = 200;  // a transaction, so that no scan waits long behind them

}  // namespace

Task<std::optional<Instant>> remove_old_scans(App& app) {
    while (!app.old_scans.stop_requested()) {
        auto time = app.clock.now() - max_age;
        auto ticket =
            co_await app.db.read([&](sql::Tx& tx) { return store::listing_with_old_scans(tx, time); });
        if (!ticket) break;
        auto more = co_await app.db.write(
            [&](sql::Tx& tx) { return store::begin_to_remove_scans(tx, *ticket, time); });
        std::int64_t count = 0;
        while (more && !app.old_scans.stop_requested()) {
            auto removed = co_await app.db.write(
                [&](sql::Tx& tx) { return store::remove_scans(tx, *ticket, time, max_removed); });
            count += removed;
            more = removed > 0;
        }
        if (count > 0) log::info("removed old scans", {{"ticket", ticket->text}, {"count", count}});
    }
    co_return std::nullopt;
}

}  // namespace stagedoor::admissions::workers
