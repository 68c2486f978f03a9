// GET /my/tickets
//
//   200  the tickets that the visitor holds now, newest order first, page by page; without those of a cell
//        that is down, as it says
//   303  not signed in: to sign-in
//   503  admissions is down
#include "common/service/cell_client.hpp"
#include "services/client/passes.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct TicketsView {
    std::vector<PassView> passes;
    std::optional<std::string> next;
    std::string script;
    bool incomplete = false;
};
BOOST_DESCRIBE_STRUCT(TicketsView, (), (passes, next, script, incomplete))

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
                     .script = visit.app.theme()->url("ticket.js"),
                     .incomplete = response.headers.has(CellClient::missing_cells)};
    for (const auto& pass : response.as<std::vector<Pass>>())
        view.passes.push_back(view_of(pass, visit.text));
    if (auto next = response.next()) view.next = "/my/tickets?after=" + http::percent_encode(*next);
    co_return kept_offline(visit,
                           visit.page(http::ok, "my_tickets.html", visit.text("layout.my_tickets"), view));
}

}  // namespace stagedoor::client::routes
