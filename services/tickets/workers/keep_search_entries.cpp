#include "common/runtime/log.hpp"
#include "services/tickets/store/entries.hpp"
#include "services/tickets/workers/workers.hpp"

namespace stagedoor::tickets::workers {
namespace {

constexpr std::int64_t batch_size = 200;  // no request waits longer than some 50 ms behind a batch
constexpr std::int64_t listings_per_log_line = 10'000;
constexpr std::chrono::hours kept_for{1};  // entries of past events: longer than clocks differ

Task<> index_outdated_listings(App& app) {
    auto left = co_await app.db.read([](sql::Tx& tx) { return store::count_outdated_listings(tx); });
    std::int64_t indexed = 0;
    while (indexed < left && !app.indexing.stop_requested()) {
        auto found = co_await app.db.write(
            [&](sql::Tx& tx) { return store::index_outdated_listings(tx, app.known_words, batch_size); });
        if (found == 0) co_return;
        indexed += found;
        if (indexed % listings_per_log_line < found || indexed >= left)
            log::info("listings-indexed", {{"done", indexed}, {"of", left}});
    }
}

Task<> remove_past_entries(App& app) {
    auto before = app.clock.now() - kept_for;
    auto are_left = co_await app.db.read([&](sql::Tx& tx) { return store::has_past_entries(tx, before); });
    while (are_left && !app.indexing.stop_requested()) {
        auto removed = co_await app.db.write(
            [&](sql::Tx& tx) { return store::remove_past_entries(tx, before, batch_size); });
        are_left = removed == batch_size;
    }
}

}  // namespace

Task<std::optional<Instant>> keep_search_entries(App& app) {
    co_await index_outdated_listings(app);
    co_await remove_past_entries(app);
    co_return std::nullopt;
}

}  // namespace stagedoor::tickets::workers
