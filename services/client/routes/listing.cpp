// GET /tickets/:id
//
//   200  the listing, with a form to hold some of it or put it into the basket
//   404  no such listing
//   503  tickets is away
#include "services/client/cards.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct ListingView {
    Card card;
    Field amount;
    std::int64_t most = 1;  // in one order; said here since it stands in the section of `amount`
    std::optional<std::string> seats, description, gone, key, notice;
    std::vector<FormError> errors;
};
BOOST_DESCRIBE_STRUCT(ListingView, (), (card, amount, most, seats, description, gone, key, notice, errors))

std::optional<std::string> said_of(const std::optional<std::string>& text) {
    return text && !text->empty() ? text : std::nullopt;
}

std::string why_gone(const Listing& listing, const Card& card) {
    if (listing.called_off()) return "It was called off. Whoever had paid gets the money back.";
    if (!listing.open()) return "The seller has taken this listing off sale.";
    if (card.begun) return "It has already begun.";
    return "All of them are sold or held at the moment. A hold that runs out brings them back.";
}

}  // namespace

http::Response listing_page(Visit& visit, int status, const Listing& listing, std::string quantity,
                            const Problems& problems) {
    ListingView view{
        .card = card_of(listing, visit.user ? visit.user->user.text : std::string{}, visit.app.clock.now())};
    view.most = view.card.most;
    view.seats = said_of(listing.seats);
    view.description = said_of(listing.description);
    if (view.card.own && !listing.open()) {
        view.card.own = false;
        view.gone = listing.called_off() ? "You have called it off. Your buyers get their money back."
                                         : "You have taken this listing off sale.";
    } else if (!view.card.buyable && !view.card.own) {
        view.gone = why_gone(listing, view.card);
    }
    view.amount = field(std::move(quantity), "quantity", problems);
    view.errors = summary(problems, {"quantity"});
    if (visit.user) view.key = visit.new_key();
    auto done = visit.query()["done"];
    if (done == "listed") view.notice = "Your tickets are on sale.";
    if (done == "saved") view.notice = "Saved.";
    return visit.page(status, "listing.html", listing.title, view);
}

Task<http::Response> listing(Visit& visit) {
    auto said = co_await visit.get("tickets", api_path("/api/tickets", visit.path_value()));
    co_return listing_page(visit, 200, said.as<Listing>(), "1", {});
}

}  // namespace stagedoor::client::routes
