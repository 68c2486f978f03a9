// GET /selling
//
//   200  drafts, and the seller's own listings, newest first, with held, sold and earned; total earnings and
//        the tickets sold lately, unless payments is down
//   303  not signed in: to sign-in
//   503  tickets is down
#include "common/service/cell_client.hpp"
#include "services/client/calendar.hpp"
#include "services/client/cards.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/sales_plot.hpp"
#include "services/client/store/saved_drafts.hpp"

namespace stagedoor::client::routes {
namespace {

struct SellingRow {
    std::string ticket, address, title, price, available, held, sold, earned;
    std::int64_t hue = 0;
    std::optional<std::string> place;
    std::optional<When> when;
    bool withdrawn = false, sold_out = false, cancelled = false;
};
BOOST_DESCRIBE_STRUCT(SellingRow, (),
                      (ticket, address, title, price, available, held, sold, earned, hue, place, when,
                       withdrawn, sold_out, cancelled))

// In one currency.
struct Earnings {
    std::string currency, all_sold, fees, refunded, balance;
};
BOOST_DESCRIBE_STRUCT(Earnings, (), (currency, all_sold, fees, refunded, balance))

// A listing that was begun.
struct DraftRow {
    std::string draft, title, saved, saved_iso, until;
};
BOOST_DESCRIBE_STRUCT(DraftRow, (), (draft, title, saved, saved_iso, until))

struct SellingView {
    std::optional<std::string> notice, next;
    std::vector<Earnings> earnings;
    std::vector<SellingRow> rows;
    bool unknown_earnings = false, incomplete = false;
    std::optional<Plot> plot;
    std::vector<DraftRow> drafts;
};
BOOST_DESCRIBE_STRUCT(SellingView, (),
                      (notice, next, earnings, rows, unknown_earnings, incomplete, plot, drafts))

SellingRow row_of(const OwnListing& listing, Instant now, const language::Texts& text) {
    auto language = text.language();
    auto card = card_of(listing, {}, now, text);
    auto earned = listing.earned ? Money{listing.earned->minor, listing.price.currency}
                                 : Money{0, listing.price.currency};
    return {.ticket = listing.id.text,
            .address = std::move(card.address),
            .title = std::move(card.title),
            .price = std::move(card.price),
            .available = grouped(listing.open() ? listing.available : 0, language),
            .held = grouped(listing.held.value_or(0), language),
            .sold = grouped(listing.sold.value_or(0), language),
            .earned = price(earned, language),
            .hue = card.hue,
            .place = std::move(card.place),
            .when = std::move(card.when),
            .withdrawn = listing.status == "withdrawn",
            .sold_out = listing.open() && listing.available <= 0 && listing.held.value_or(0) == 0,
            .cancelled = listing.cancelled()};
}

Earnings earnings_of(const Balance& balance, Language language) {
    return {std::string{balance.sold.currency.code()}, price(balance.sold, language),
            price(balance.fees, language), price(balance.refunded, language),
            price(balance.balance, language)};
}

Task<> add_earnings(Visit& visit, SellingView& view) {
    auto response = co_await visit.try_get("payments", "/api/payments/balance");
    view.unknown_earnings = !response;
    if (!response) co_return;
    for (const auto& balance : response->as<std::vector<Balance>>())
        view.earnings.push_back(earnings_of(balance, visit.language));
    if (view.earnings.empty()) co_return;
    RecentDays days{visit.app.clock.now(), 30, visit.app.settings.time_zone};
    if (auto sales = co_await visit.try_get("payments", sales_address(days)))
        view.plot = tickets_plot(sales->as<std::vector<SalesDay>>(), days, visit.text);
}

Task<> add_drafts(Visit& visit, SellingView& view) {
    auto user = visit.need_user().user;
    auto language = visit.language;
    auto drafts = co_await visit.app.db.read([&](sql::Tx& tx) { return store::saved_drafts_of(tx, user); });
    for (auto& each : drafts) {
        view.drafts.push_back({std::move(each.id),
                               each.title.empty() ? visit.text("drafts.untitled") : std::move(each.title),
                               in_utc(each.saved_at, language), each.saved_at.to_text(),
                               date_only(each.expires_at, "UTC", language)});
    }
}

std::optional<std::string> notice_of(std::string_view done, const language::Texts& text) {
    if (done == "withdrawn") return text("selling.withdrawn_notice");
    if (done == "cancelled") return text("selling.cancelled_notice");
    if (done == "drafted") return text("drafts.saved");
    if (done == "draft-deleted") return text("drafts.deleted");
    return std::nullopt;
}

}  // namespace

Task<http::Response> selling(Visit& visit) {
    (void)visit.need_user();
    auto after = visit.query()["after"];
    auto response = co_await visit.get(
        "tickets", "/api/tickets/mine" + (after.empty() ? "" : "?after=" + http::percent_encode(after)));
    SellingView view;
    auto now = visit.app.clock.now();
    for (const auto& listing : response.as<std::vector<OwnListing>>())
        view.rows.push_back(row_of(listing, now, visit.text));
    view.incomplete = response.headers.has(CellClient::missing_cells);
    if (auto next = response.next()) view.next = "/selling?after=" + http::percent_encode(*next);
    view.notice = notice_of(visit.query()["done"], visit.text);
    if (after.empty()) {
        co_await add_earnings(visit, view);
        co_await add_drafts(visit, view);
    }
    co_return visit.page(http::ok, "selling.html", visit.text("layout.my_listings"), view);
}

}  // namespace stagedoor::client::routes
