// POST /tickets/:id/report
//
//   303  reported: to the listing, which says so; not signed in: to sign-in; rejected: to the listing with
//        the error
#include "services/client/cards.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {

Task<http::Response> report_listing(Visit& visit) {
    auto address = listing_address(TicketId{visit.path_value()});
    visit.form_page = address;
    (void)visit.need_user();
    auto form = visit.form();
    json::Object report{{"reason", json::Value{form["reason"]}}};
    if (auto details = form["details"]; !details.empty())
        report.emplace_back("details", json::Value{std::move(details)});
    auto response = co_await visit.send(http::Method::post, "tickets",
                                        api_path("/api/tickets", visit.path_value()) + "/report",
                                        json::Value{std::move(report)});
    (void)response.or_throw();
    co_return visit.see_other(address + "?done=reported");
}

}  // namespace stagedoor::client::routes
