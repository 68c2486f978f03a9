// Queues the emails to the buyers of moved events, a bounded number per transaction.
#include "services/notifications/store/moves.hpp"
#include "services/notifications/workers/workers.hpp"

namespace stagedoor::notifications::workers {
namespace {

constexpr std::int64_t batch_size = 200;  // so that no event waits long behind a batch

}  // namespace

Task<std::optional<Instant>> email_moves(App& app) {
    auto more = true;
    while (more && !app.moves.stop_requested()) {
        more = co_await app.db.write([](sql::Tx& tx) {
            return store::backfill_purchases(tx, batch_size) || store::queue_moved_emails(tx, batch_size);
        });
    }
    co_return std::nullopt;
}

}  // namespace stagedoor::notifications::workers
