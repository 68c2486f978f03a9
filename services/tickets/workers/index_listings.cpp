#include "services/tickets/store/words.hpp"
#include "services/tickets/workers/workers.hpp"

namespace stagedoor::tickets::workers {
namespace {

constexpr std::int64_t batch_size = 50;  // so that no request waits long behind a batch

}  // namespace

Task<> index_all_listings(App& app) {
    while (!app.indexing.stop_requested()) {
        auto outdated = co_await app.db.read([](sql::Tx& tx) { return store::has_outdated_listings(tx); });
        if (!outdated) co_return;
        co_await app.db.write([](sql::Tx& tx) { store::index_outdated_listings(tx, batch_size); });
    }
}

Task<std::optional<Instant>> index_listings(App& app) {
    co_await index_all_listings(app);
    co_return std::nullopt;
}

}  // namespace stagedoor::tickets::workers
