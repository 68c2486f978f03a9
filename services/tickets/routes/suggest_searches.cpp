// GET /api/tickets/suggest
//
//   200  cities and titles that somebody may be looking for who has typed `q`; each is on sale
//   400  no q
#include "services/tickets/routes/routes.hpp"

namespace stagedoor::tickets::routes {

Task<http::Ok<std::vector<store::Suggestion>>> suggest_searches(App& app, http::Query<Typed> query) {
    auto suggestions = co_await app.db.read(
        [&, now = app.clock.now()](sql::Tx& tx) { return store::suggest(tx, query->q.value, now); });
    co_return http::Ok{std::move(suggestions)};
}

}  // namespace stagedoor::tickets::routes
