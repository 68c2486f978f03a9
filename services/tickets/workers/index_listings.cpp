#include "services/tickets/store/words.hpp"
#include "services/tickets/workers/workers.hpp"

namespace stagedoor::tickets::workers {
namespace {

constexpr std::int64_t batch_size = 50;  // so that no request waits long behind a batch

}  // namespace

Task<> index_all_listings(App& app) {
    auto more = true;
    while (more && !app.indexing.stop_requested()) {
        more = co_await app.db.write(
            [](sql::Tx& tx) { return store::index_outdated_listings(tx, batch_size) == batch_size; });
    }
}

Task<std::optional<Instant>> index_listings(App& app) {
    co_await index_all_listings(app);
    co_return std::nullopt;
}

}  // namespace stagedoor::tickets::workers
