// GET /selling
//
//   200  the seller's own listings, newest first, with what is held, sold and earned
//   303  not signed in: to sign in
//   503  tickets is away
#include "services/client/cards.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct SellingRow {
    std::string address, title, category, price, available, held, sold, earned;
    std::optional<std::string> place;
    std::optional<When> when;
    bool withdrawn = false, sold_out = false;
};
BOOST_DESCRIBE_STRUCT(SellingRow, (),
                      (address, title, category, price, available, held, sold, earned, place, when, withdrawn,
                       sold_out))

struct SellingView {
    std::optional<std::string> notice, next;
    std::vector<SellingRow> rows;
};
BOOST_DESCRIBE_STRUCT(SellingView, (), (notice, next, rows))

SellingRow row_of(const OwnListing& listing, Instant now) {
    auto card = card_of(listing, {}, now);
    auto earned = listing.earned ? Money{listing.earned->minor, listing.price.currency}
                                 : Money{0, listing.price.currency};
    return {.address = std::move(card.address),
            .title = std::move(card.title),
            .category = std::move(card.category),
            .price = std::move(card.price),
            .available = grouped(listing.open() ? listing.available : 0),
            .held = grouped(listing.held.value_or(0)),
            .sold = grouped(listing.sold.value_or(0)),
            .earned = price(earned),
            .place = std::move(card.place),
            .when = std::move(card.when),
            .withdrawn = !listing.open(),
            .sold_out = listing.open() && listing.available <= 0 && listing.held.value_or(0) == 0};
}

}  // namespace

Task<http::Response> selling(Visit& visit) {
    (void)visit.need_user();
    auto after = visit.query()["after"];
    auto said = co_await visit.get(
        "tickets", "/api/tickets/mine" + (after.empty() ? "" : "?after=" + http::percent_encode(after)));
    SellingView view;
    auto now = visit.app.clock.now();
    for (const auto& listing : said.as<std::vector<OwnListing>>()) view.rows.push_back(row_of(listing, now));
    if (auto next = said.next()) view.next = "/selling?after=" + http::percent_encode(*next);
    if (visit.query()["done"] == "withdrawn") view.notice = "The listing is off sale.";
    co_return visit.page(200, "selling.html", "My listings", view);
}

}  // namespace stagedoor::client::routes
