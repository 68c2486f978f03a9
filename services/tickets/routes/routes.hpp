// The routes of tickets. Each is specified and defined in the file with its name.
#pragma once

#include "common/http/routing/extract.hpp"
#include "common/http/routing/page.hpp"
#include "common/http/routing/responses.hpp"
#include "services/tickets/app.hpp"
#include "services/tickets/listing.hpp"
#include "services/tickets/store/pictures.hpp"
#include "services/tickets/store/reports.hpp"
#include "services/tickets/store/search.hpp"
#include "services/tickets/store/sellers.hpp"

namespace stagedoor::tickets::routes {

struct Search {
    std::optional<json::SearchText<200>> q;  // every word must match the start of a word of the listing
    std::optional<Category> category;
    std::optional<json::SearchText<100>> city;  // the whole name
    std::optional<json::Text<1, 64>> event;     // a listing's `event`
    std::optional<std::string> from, to;        // the event's date where it takes place, or a date and time
    std::optional<Currency> currency;
    std::optional<Money> min_price, max_price;
    std::optional<UserId> seller;
    std::optional<store::SortOrder> sort;
    json::Whole<1, 100, 50> limit;
    std::optional<json::Text<1, 500>> after;
};
BOOST_DESCRIBE_STRUCT(Search, (),
                      (q, category, city, event, from, to, currency, min_price, max_price, seller, sort,
                       limit, after))
// Valid dates, and prices up to the maximum of a currency that is given.
void check(const Search& search, json::Reading& reading);

[[nodiscard]] store::Filter filter_of(const Search& search);

// What somebody is typing into the search field.
struct Typed {
    json::SearchText<200> q;
};
BOOST_DESCRIBE_STRUCT(Typed, (), (q))

struct Sellers {
    json::Text<1, 5'000> ids;  // separated by commas
};
BOOST_DESCRIBE_STRUCT(Sellers, (), (ids))
void check(const Sellers& query, json::Reading& reading);

struct NewReport {
    ReportReason reason = ReportReason::other;
    std::optional<json::Text<0, 500>> details;
};
BOOST_DESCRIBE_STRUCT(NewReport, (), (reason, details))

Task<http::Page<Ticket>> search_tickets(App& app, http::Query<Search> query);
Task<http::Ok<store::SearchSummary>> summarize_search(App& app, http::Query<Search> query);
Task<http::Ok<std::vector<store::Suggestion>>> suggest_searches(App& app, http::Query<Typed> query);
Task<http::Ok<std::vector<store::CityListings>>> list_cities(App& app);
Task<http::Ok<std::vector<store::NamedSeller>>> list_sellers(App& app, http::Query<Sellers> query);
Task<http::Ok<store::SellerRecord>> show_seller(App& app, http::Path<UserId> id);
Task<http::Page<OwnTicket>> list_mine(App& app, http::SignedIn seller, http::Query<http::PageQuery> query);
Task<http::Ok<Ticket>> show_ticket(App& app, http::Path<TicketId> id);
Task<http::Created<Ticket>> create_ticket(App& app, http::SignedIn seller, http::Body<NewTicket> request,
                                          http::Context& context);
Task<http::Ok<Ticket>> update_ticket(App& app, http::SignedIn user, http::Path<TicketId> id,
                                     http::IfMatch if_match, http::Body<EditedTicket> request);
Task<http::NoContent> withdraw_ticket(App& app, http::SignedIn user, http::Path<TicketId> id,
                                      http::IfMatch if_match, http::Trace trace);
Task<http::Ok<Ticket>> cancel_ticket(App& app, http::SignedIn user, http::Path<TicketId> id,
                                     http::IfMatch if_match, http::Trace trace);
Task<http::NoContent> report_ticket(App& app, http::SignedIn user, http::Path<TicketId> id,
                                    http::Body<NewReport> request);
Task<http::Created<UploadedPicture>> upload_picture(App& app, http::SignedIn seller, http::Upload upload);
Task<http::Picture> show_picture(App& app, http::Path<std::string> id, http::Context& context);
// For operators, on the admin port.
Task<http::Ok<std::vector<store::ReportedListing>>> list_reported(App& app);
Task<http::Ok<std::vector<store::Report>>> show_reports(App& app, http::Path<TicketId> id);
Task<http::NoContent> dismiss_reports(App& app, http::Path<TicketId> id, http::Context& context);

}  // namespace stagedoor::tickets::routes
