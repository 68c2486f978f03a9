#include "services/client/store/drafts.hpp"
#include "services/client/store/saved_drafts.hpp"
#include "services/client/workers/workers.hpp"

namespace stagedoor::client::workers {

Task<std::optional<Instant>> clean_up(App& app) {
    constexpr std::int64_t batch_size = 100;  // keeps each transaction short for the requests behind it
    for (auto* drop_expired : {store::drop_expired_drafts, store::drop_expired_saved_drafts}) {
        std::int64_t dropped = 0;
        do {
            dropped = co_await app.db.write([&](sql::Tx& tx) { return drop_expired(tx, batch_size); });
        } while (dropped == batch_size);
    }
    co_return std::nullopt;
}

}  // namespace stagedoor::client::workers
