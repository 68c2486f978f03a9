// GET /tickets/:id
//
//   200  the listing, with a form to hold tickets or add them to the basket
//   404  no such listing
//   503  tickets is down
#include "services/client/calendar.hpp"
#include "services/client/cards.hpp"
#include "services/client/hold_challenge.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/search.hpp"

namespace stagedoor::client::routes {
namespace {

struct ListingView {
    Card card;
    std::optional<SellerView> seller;
    std::optional<std::string> other_offers;  // address of the event's page
    std::optional<MapLink> map;
    Field amount;
    std::int64_t max = 1;  // per order; a copy of card.max for the section `amount`
    std::optional<std::string> seats, description, gone, key, notice, per_buyer, report;
    std::optional<HoldChallenge> challenge;
    std::vector<FormError> errors;
};
BOOST_DESCRIBE_STRUCT(ListingView, (),
                      (card, seller, other_offers, map, amount, max, seats, description, gone, key, notice,
                       per_buyer, report, challenge, errors))

std::optional<std::string> unless_empty(const std::optional<std::string>& text) {
    return text && !text->empty() ? text : std::nullopt;
}

std::string unavailable_text(const Listing& listing, const Card& card, const language::Texts& text) {
    if (listing.cancelled()) return text("gone.cancelled_refunds");
    if (!listing.open()) return text("gone.withdrawn");
    if (card.started) return text("gone.started");
    return text("gone.sold_out_holds");
}

// What the page shows besides the listing. It works without.
Task<> add_surroundings(Visit& visit, const Listing& listing, ListingView& view) {
    view.map = map_link(listing);
    view.seller = co_await seller_view(visit, listing.user_id, listing.id);
    if (!listing.event) co_return;
    auto others = co_await visit.try_get(
        "tickets", "/api/tickets?limit=2&event=" + http::percent_encode(*listing.event));
    auto is_other = [&](const Listing& each) { return each.id != listing.id; };
    if (others && std::ranges::any_of(others->as<std::vector<Listing>>(), is_other))
        view.other_offers = event_address(*listing.event);
}

}  // namespace

Task<std::optional<SellerView>> seller_view(Visit& visit, UserId seller, TicketId listing) {
    auto address = api_path("/api/tickets/sellers", seller.text);
    append_parameter(address, "ticketId", listing.text);  // in several cells, of its own
    auto response = co_await visit.try_get("tickets", std::move(address));
    if (!response) co_return std::nullopt;
    auto record = response->as<SellerRecord>();
    SellerView view{date_only(record.since, "UTC", visit.language), std::move(record.name), {}};
    if (record.sold > 0)
        view.sold_before =
            visit.text(record.more ? "listing.sold_more" : "listing.sold", {{"count", record.sold}});
    co_return view;
}

std::string address_of_listing(const http::Context& context, const Form&) {
    return listing_address(TicketId{context.path_values.at(0)});
}

Task<http::Response> listing_page(Visit& visit, std::string id) {
    auto listing = (co_await visit.get("tickets", api_path("/api/tickets", id))).as<Listing>();
    auto problems = visit.problems();
    auto quantity = visit.entered()["quantity"];
    ListingView view{.card = card_of(listing, visit.viewer(), visit.app.clock.now(), visit.text)};
    show_as_main(view.card);
    co_await add_surroundings(visit, listing, view);
    view.max = view.card.max;
    view.seats = unless_empty(listing.seats);
    view.description = unless_empty(listing.description);
    if (view.card.own && !listing.open()) {
        view.card.own = false;
        view.gone = listing.cancelled() ? visit.text("gone.you_cancelled") : visit.text("gone.you_withdrew");
    } else if (!view.card.buyable && !view.card.own) {
        view.gone = unavailable_text(listing, view.card, visit.text);
    }
    view.amount = field(quantity.empty() ? "1" : std::move(quantity), "quantity", problems);
    view.errors = summary(problems, {"quantity"});
    view.challenge = hold_challenge(visit, problems);
    if (visit.user) view.key = visit.form_key();
    if (listing.max_per_buyer) view.per_buyer = grouped(*listing.max_per_buyer, visit.language);
    if (visit.user && visit.user->user != listing.user_id)
        view.report = listing_address(listing.id) + "/report";
    auto done = visit.query()["done"];
    if (done == "listed") view.notice = visit.text("listing.on_sale");
    if (done == "saved") view.notice = visit.text("form.saved");
    if (done == "reported") view.notice = visit.text("report.thanks");
    visit.describe({event_description(view.card, visit.text), listing_address(listing.id),
                    preview_address(listing), !listing.open() || view.card.started});
    co_return visit.page(http::ok, "listing.html", listing.title, view);
}

Task<http::Response> listing(Visit& visit) { co_return co_await listing_page(visit, visit.path_value()); }

}  // namespace stagedoor::client::routes
