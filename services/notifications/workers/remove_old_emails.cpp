#include "services/notifications/workers/workers.hpp"

namespace stagedoor::notifications::workers {
namespace {

constexpr std::int64_t max_removed = 200;  // so that no event waits long behind them

}  // namespace

Task<std::optional<Instant>> remove_old_emails(App& app) {
    if (app.email_age.count() == 0) co_return std::nullopt;
    auto more = true;
    while (more && !app.old_emails.stop_requested()) {
        auto removed = co_await app.db.write(
            [&app](sql::Tx& tx) { return store::remove_content(tx, tx.now() - app.email_age, max_removed); });
        more = removed == max_removed;
    }
    co_return std::nullopt;
}

}  // namespace stagedoor::notifications::workers
