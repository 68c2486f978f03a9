// GET /my/tickets
//
//   200  the tickets that the visitor holds now, newest order first, page by page
//   303  not signed in: to sign-in
//   503  admissions is down
#include "services/client/passes.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct TicketsView {
    std::vector<PassView> passes;
    std::optional<std::string> next, notice;
    std::string script;
    bool first = true;
};
BOOST_DESCRIBE_STRUCT(TicketsView, (), (passes, next, notice, script, first))

}  // namespace

http::Response kept_offline(Visit& visit, http::Response response) {
    response.headers.set("Offline-Copy", visit.need_user().user.text);
    return response;
}

Task<http::Response> my_tickets(Visit& visit) {
    (void)visit.need_user();
    auto after = visit.query()["after"];
    auto response =
        co_await visit.get("admissions", "/api/admissions/passes?limit=20" +
                                             (after.empty() ? "" : "&after=" + http::percent_encode(after)));
    TicketsView view{.passes = {},
                     .next = {},
                     .notice = {},
                     .script = visit.app.theme()->url("ticket.js"),
                     .first = after.empty()};
    for (const auto& pass : response.as<std::vector<Pass>>()) view.passes.push_back(view_of(pass));
    if (auto next = response.next()) view.next = "/my/tickets?after=" + http::percent_encode(*next);
    co_return kept_offline(visit, visit.page(http::ok, "my_tickets.html", "My tickets", view));
}

}  // namespace stagedoor::client::routes
