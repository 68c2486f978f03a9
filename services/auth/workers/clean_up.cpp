#include "common/runtime/log.hpp"
#include "services/auth/store/links.hpp"
#include "services/auth/store/sessions.hpp"
#include "services/auth/workers/workers.hpp"

namespace stagedoor::auth::workers {
namespace {

constexpr std::int64_t rows_at_once = 500;  // so that no request waits long behind it

Task<> drop_all(App& app, std::int64_t (*drop)(sql::Tx&, std::int64_t limit)) {
    std::int64_t dropped = 0;
    do {
        dropped = co_await app.db.write([drop](sql::Tx& tx) { return drop(tx, rows_at_once); });
    } while (dropped > 0);
}

}  // namespace

Task<> clean_up(App& app, StopSignal& stopping) {
    stopping.on_request([&app] { app.clean_up_wake.notify(); });
    while (!stopping.requested()) {
        try {
            co_await drop_all(app, store::drop_expired_sessions);
            co_await drop_all(app, store::drop_expired_links);
        } catch (const std::exception& error) {
            log::error("old sessions and links could not be dropped", {{"error", error.what()}});
        }
        if (!stopping.requested()) (void)co_await app.clean_up_wake.wait_for(std::chrono::hours{1});
    }
}

}  // namespace stagedoor::auth::workers
