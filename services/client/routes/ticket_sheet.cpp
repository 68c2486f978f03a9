// GET /orders/:id/tickets
//
// For printing: the tickets of an order that the visitor holds now.
//   200  a block per ticket, at most 50 per page; without codes for those that rotate or are void
//   303  not signed in: to sign-in
//   503  admissions is down
#include "services/client/passes.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct SheetTicket : PassView {
    std::optional<CodeView> code;
    bool rotates = false, void_ticket = false;
};
BOOST_DESCRIBE_STRUCT(SheetTicket, (PassView), (code, rotates, void_ticket))

struct SheetView {
    std::string order, order_address, script;
    std::vector<SheetTicket> passes;
    std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(SheetView, (), (order, order_address, script, passes, next))

}  // namespace

Task<http::Response> ticket_sheet(Visit& visit) {
    (void)visit.need_user();
    auto order = http::percent_encode(visit.path_value());
    auto after = visit.query()["after"];
    auto response =
        co_await visit.get("admissions", "/api/admissions/passes?limit=50&orderId=" + order +
                                             (after.empty() ? "" : "&after=" + http::percent_encode(after)));
    auto address = "/orders/" + order;
    SheetView view{.order = visit.path_value(),
                   .order_address = address,
                   .script = visit.app.theme()->url("ticket.js"),
                   .passes = {},
                   .next = {}};
    for (const auto& each : response.as<std::vector<Pass>>()) {
        auto path = api_path("/api/admissions/passes", each.id);
        auto pass = (co_await visit.get("admissions", path)).as<PassDetail>();
        SheetTicket ticket{view_of(pass, visit.text), code_of(pass), pass.rotation.has_value(),
                           pass.revoked()};
        view.passes.push_back(std::move(ticket));
    }
    if (auto next = response.next()) view.next = address + "/tickets?after=" + http::percent_encode(*next);
    co_return visit.page(http::ok, "ticket_sheet.html", visit.text("sheet.heading"), view);
}

}  // namespace stagedoor::client::routes
