// GET /tickets/:id
//
//   200  the listing, with a form to hold tickets or add them to the basket
//   404  no such listing
//   503  tickets is down
#include "services/client/cards.hpp"
#include "services/client/hold_challenge.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct ListingView {
    Card card;
    Field amount;
    std::int64_t max = 1;  // per order; a copy of card.max for the section `amount`
    std::optional<std::string> seats, description, gone, key, notice, per_buyer, report;
    std::optional<HoldChallenge> challenge;
    std::vector<FormError> errors;
};
BOOST_DESCRIBE_STRUCT(ListingView, (),
                      (card, amount, max, seats, description, gone, key, notice, per_buyer, report, challenge,
                       errors))

std::optional<std::string> unless_empty(const std::optional<std::string>& text) {
    return text && !text->empty() ? text : std::nullopt;
}

std::string unavailable_text(const Listing& listing, const Card& card) {
    if (listing.cancelled()) return "This event was cancelled. Everyone who paid gets a refund.";
    if (!listing.open()) return "The seller has withdrawn this listing.";
    if (card.started) return "This event has already started.";
    return "Sold out for now. Unpaid holds are released – check back soon.";
}

}  // namespace

std::string address_of_listing(const http::Context& context, const Form&) {
    return listing_address(TicketId{context.path_values.at(0)});
}

Task<http::Response> listing_page(Visit& visit, std::string id) {
    auto listing = (co_await visit.get("tickets", api_path("/api/tickets", id))).as<Listing>();
    auto problems = visit.problems();
    auto quantity = visit.entered()["quantity"];
    ListingView view{
        .card = card_of(listing, visit.user ? visit.user->user.text : std::string{}, visit.app.clock.now())};
    view.max = view.card.max;
    view.seats = unless_empty(listing.seats);
    view.description = unless_empty(listing.description);
    if (view.card.own && !listing.open()) {
        view.card.own = false;
        view.gone = listing.cancelled() ? "You cancelled this event. Everyone who paid gets a refund."
                                        : "You withdrew this listing.";
    } else if (!view.card.buyable && !view.card.own) {
        view.gone = unavailable_text(listing, view.card);
    }
    view.amount = field(quantity.empty() ? "1" : std::move(quantity), "quantity", problems);
    view.errors = summary(problems, {"quantity"});
    view.challenge = hold_challenge(visit, problems);
    if (visit.user) view.key = visit.form_key();
    if (listing.max_per_buyer) view.per_buyer = grouped(*listing.max_per_buyer);
    if (visit.user && visit.user->user != listing.user_id)
        view.report = listing_address(listing.id) + "/report";
    auto done = visit.query()["done"];
    if (done == "listed") view.notice = "Your tickets are on sale.";
    if (done == "saved") view.notice = "Saved.";
    if (done == "reported") view.notice = "Thank you. We’ll look at this listing.";
    co_return visit.page(http::ok, "listing.html", listing.title, view);
}

Task<http::Response> listing(Visit& visit) { co_return co_await listing_page(visit, visit.path_value()); }

}  // namespace stagedoor::client::routes
