// GET /api/users/sessions
//
//   200  the user's active sessions, newest first; `current` marks the caller's own
//   400  invalid limit or cursor
//   401  not signed in
#include "services/auth/routes/routes.hpp"
#include "services/auth/store/sessions.hpp"

namespace stagedoor::auth::routes {

Task<http::Page<SessionView>> list_sessions(App& app, http::SignedIn user,
                                            http::Query<http::PageQuery> query) {
    auto collection = "sessions " + user.id.text;
    auto before = query->before(collection);
    auto rows = co_await app.db.read(
        [&](sql::Tx& tx) { return store::sessions_of(tx, user.id, before, query->rows()); });
    http::Page<SessionView> page;
    page.next = http::cut_page(rows, *query, collection, [](const auto& row) { return row.id; });
    for (auto& row : rows) {
        auto current = row.id == user.claims.session;
        page.items.push_back(
            {std::move(row.id), row.created_at, row.last_seen_at, current, std::move(row.user_agent)});
    }
    co_return page;
}

}  // namespace stagedoor::auth::routes
