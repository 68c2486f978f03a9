// GET /api/tickets/summary
//
//   200  how many listings a search with these filters finds, and other words to search for
//   400  as GET /api/tickets
#include "services/tickets/routes/routes.hpp"

namespace stagedoor::tickets::routes {

Task<http::Ok<store::SearchSummary>> summarize_search(App& app, http::Query<Search> query) {
    auto filter = filter_of(*query);
    auto summary = co_await app.db.read(
        [&, now = app.clock.now()](sql::Tx& tx) { return store::summarize(tx, filter, now); });
    co_return http::Ok{std::move(summary)};
}

}  // namespace stagedoor::tickets::routes
