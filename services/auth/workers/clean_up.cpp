#include "services/auth/store/links.hpp"
#include "services/auth/store/sessions.hpp"
#include "services/auth/workers/workers.hpp"

namespace stagedoor::auth::workers {
namespace {

constexpr std::int64_t batch_size = 500;  // keeps each transaction short for the requests behind it

Task<> drop_all(App& app, std::int64_t (*drop)(sql::Tx&, std::int64_t limit)) {
    std::int64_t dropped = 0;
    do {
        dropped = co_await app.db.write([drop](sql::Tx& tx) { return drop(tx, batch_size); });
    } while (dropped > 0);
}

}  // namespace

Task<std::optional<Instant>> clean_up(App& app) {
    co_await drop_all(app, store::drop_expired_sessions);
    co_await drop_all(app, store::drop_expired_links);
    co_return std::nullopt;
}

}  // namespace stagedoor::auth::workers
