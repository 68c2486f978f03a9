// GET /basket
//
//   200  the basket with the current state of its listings, a form per order, so per currency and cell; no
//        more of a listing than it sells per order
//   503  tickets is down
//
// POST /basket
//
// do=add adds `quantity` of `ticket`; remove=<ticket> removes it; otherwise each `ticket` is set to the
// `quantity` that follows it. Up to as many as the listing sells per order.
//   303  to the basket
#include <charconv>
#include <map>

#include "services/client/cards.hpp"
#include "services/client/hold_challenge.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct LineView {
    std::string id, input, title, address, price, left, seen_price, seen_currency;
    std::int64_t hue = 0, amount = 1, max = Basket::max_per_line;
    bool few = false;
    std::optional<std::string> place, gone, line_error;
    std::optional<When> when;
};
BOOST_DESCRIBE_STRUCT(LineView, (),
                      (id, input, title, address, price, left, seen_price, seen_currency, hue, amount, max,
                       few, place, gone, line_error, when))

struct Sum {
    std::string count, total;
    std::optional<std::string> key;
    std::optional<HoldChallenge> challenge;
};
BOOST_DESCRIBE_STRUCT(Sum, (), (count, total, key, challenge))

// Tickets in one currency and cell: those of one order.
struct Part {
    std::vector<LineView> lines;
    std::optional<Sum> sum;
};
BOOST_DESCRIBE_STRUCT(Part, (), (lines, sum))

struct BasketView {
    std::optional<std::string> notice, several;
    std::vector<FormError> errors;
    std::vector<Part> parts;
    bool anonymous = false;
};
BOOST_DESCRIBE_STRUCT(BasketView, (), (notice, several, errors, parts, anonymous))

std::int64_t number_or(const std::string& text, std::int64_t fallback) {
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : fallback;
}

std::int64_t max_of(const Listing& listing) {
    return std::clamp<std::int64_t>(listing.max_per_order.value_or(Basket::max_per_line), 1,
                                    Basket::max_per_line);
}

LineView line_of(const Basket::Line& line, const Listing& listing, const std::string& viewer, Instant now,
                 const language::Texts& text) {
    auto card = card_of(listing, viewer, now, text);
    LineView view{.id = line.ticket,
                  .input = "many-" + line.ticket,
                  .title = std::move(card.title),
                  .address = std::move(card.address),
                  .price = std::move(card.price),
                  .left = std::move(card.left),
                  .seen_price = std::move(card.seen_price),
                  .seen_currency = std::move(card.seen_currency),
                  .hue = card.hue,
                  .amount = std::min(line.quantity, max_of(listing)),
                  .max = max_of(listing),
                  .few = card.few};
    if (view.amount < line.quantity) {
        view.line_error = text("basket.limited_line", {{"max", view.max}});
    }
    view.place = std::move(card.place);
    view.when = std::move(card.when);
    if (card.own)
        view.gone = text("gone.own");
    else if (listing.cancelled())
        view.gone = text("gone.cancelled");
    else if (!listing.open())
        view.gone = text("gone.withdrawn");
    else if (card.started)
        view.gone = text("gone.started");
    else if (listing.available <= 0)
        view.gone = text("gone.sold_out");
    return view;
}

LineView line_without_listing(const Basket::Line& line, std::string title, std::string gone) {
    LineView view{.id = line.ticket, .input = "many-" + line.ticket, .title = std::move(title)};
    view.gone = std::move(gone);
    return view;
}

LineView missing_line(const Basket::Line& line, const language::Texts& text) {
    return line_without_listing(line, text("basket.missing"), text("basket.missing_text"));
}

LineView unreachable_line(const Basket::Line& line, const language::Texts& text) {
    return line_without_listing(line, text("basket.unreachable"), text("basket.unreachable_text"));
}

// Nullopt while the listing's cell is down: the lines of other cells can be bought. Without cells that would
// be all lines, and the page says so.
Task<std::optional<ServiceResponse>> get_listing(Visit& visit, std::string ticket) {
    try {
        co_return co_await visit.get("tickets", api_path("/api/tickets", ticket));
    } catch (const ServiceUnavailable&) {
        if (visit.app.cells.empty()) throw;
    }
    co_return std::nullopt;
}

// Shows each problem at the line that it names.
void assign_problems(std::vector<LineView>& lines, const Problems& problems, Language language) {
    for (auto& line : lines) {
        for (const auto& problem : problems) {
            if (problem.field == line.input) line.line_error = sentence(problem, language);
        }
    }
}

// The lines that can be in one order.
struct OrderGroup {
    std::vector<LineView> lines, gone;
    std::int64_t tickets = 0;
    Money total;
};

Part part_of(Visit& visit, OrderGroup&& group, const Problems& problems) {
    Part part{std::move(group.lines), {}};
    auto any = !part.lines.empty();
    for (auto& line : group.gone) part.lines.push_back(std::move(line));
    if (any) {
        part.sum = Sum{visit.text("count.tickets", {{"count", group.tickets}}),
                       price(group.total, visit.language), visit.form_key(), hold_challenge(visit, problems)};
    }
    return part;
}

std::int64_t quantity_of(const Basket& basket, std::string_view ticket) {
    auto line = std::ranges::find(basket.lines(), ticket, &Basket::Line::ticket);
    return line == basket.lines().end() ? 0 : line->quantity;
}

// What all lines of an order have in common.
std::string order_group(const App& app, const Listing& listing) {
    std::string currency{listing.price.currency.code()};
    if (app.cells.empty()) return currency;
    return currency + " " + std::to_string(app.cells.of(listing.id.text).value_or(0));
}

}  // namespace

Task<http::Response> basket(Visit& visit) {
    auto problems = visit.problems();
    auto lines = visit.basket.lines();
    constexpr auto no_order = "~";  // sorts after every currency
    std::map<std::string, OrderGroup, std::less<>> groups;
    auto viewer = visit.user ? visit.user->user.text : std::string{};
    for (const auto& line : lines) {
        auto response = co_await get_listing(visit, line.ticket);
        if (!response || response->is(ErrorKind::not_found)) {
            groups[no_order].gone.push_back(response ? missing_line(line, visit.text)
                                                     : unreachable_line(line, visit.text));
            continue;
        }
        auto listing = response->as<Listing>();
        auto& group = groups[order_group(visit.app, listing)];
        auto view = line_of(line, listing, viewer, visit.app.clock.now(), visit.text);
        if (view.gone) {
            group.gone.push_back(std::move(view));
            continue;
        }
        visit.basket.set(line.ticket, view.amount);
        group.tickets += view.amount;
        group.total.currency = listing.price.currency;
        group.total.minor += listing.price.minor * view.amount;
        group.lines.push_back(std::move(view));
    }
    BasketView view;
    for (auto& [name, group] : groups) {
        assign_problems(group.lines, problems, visit.language);
        assign_problems(group.gone, problems, visit.language);
        if (!view.parts.empty() && name != no_order)
            view.several = visit.text(visit.app.cells.empty() ? "basket.per_currency" : "basket.per_group");
        view.parts.push_back(part_of(visit, std::move(group), problems));
    }
    std::vector<std::string> inputs;
    for (const auto& line : lines) inputs.push_back("many-" + line.ticket);
    view.errors = summary(problems, {inputs.begin(), inputs.end()});
    view.anonymous = !visit.user;
    auto done = visit.query()["done"];
    if (done == "added") view.notice = visit.text("basket.added");
    if (done == "limited") view.notice = visit.text("basket.limited");
    if (done == "full") view.notice = visit.text("basket.full");
    co_return visit.page(http::ok, "basket.html", visit.text("layout.basket"), view);
}

Task<SetLine> set_basket_line(Visit& visit, std::string ticket, std::int64_t quantity) {
    auto before = quantity_of(visit.basket, ticket);
    auto limited = false;
    if (quantity > std::max<std::int64_t>(before, 1)) {
        // If tickets is down, the limit applies once the basket is shown.
        auto found = co_await visit.try_get("tickets", api_path("/api/tickets", ticket));
        auto max = found ? max_of(found->as<Listing>()) : Basket::max_per_line;
        limited = quantity > max;
        quantity = std::min(quantity, max);
    }
    if (before > 0)
        visit.basket.set(ticket, quantity);
    else if (!visit.basket.add(ticket, quantity))
        co_return SetLine::full;
    co_return limited ? SetLine::limited : SetLine::as_asked;
}

Task<http::Response> change_basket(Visit& visit) {
    auto form = visit.form();
    if (form["do"] == "add") {
        auto ticket = form["ticket"];
        auto more = std::clamp<std::int64_t>(number_or(form["quantity"], 1), 1, Basket::max_per_line);
        auto result = co_await set_basket_line(visit, ticket, quantity_of(visit.basket, ticket) + more);
        co_return visit.see_other(result == SetLine::full      ? "/basket?done=full"
                                  : result == SetLine::limited ? "/basket?done=limited"
                                                               : "/basket?done=added");
    }
    auto limited = false;
    auto tickets = form.all("ticket");
    auto quantities = form.all("quantity");
    for (std::size_t i = 0; i < tickets.size() && i < quantities.size(); ++i) {
        if (quantity_of(visit.basket, tickets[i]) == 0) continue;  // removed in another window
        auto result = co_await set_basket_line(visit, tickets[i], number_or(quantities[i], 1));
        limited = limited || result == SetLine::limited;
    }
    if (auto removed = form["remove"]; !removed.empty()) visit.basket.remove(removed);
    co_return visit.see_other(limited ? "/basket?done=limited" : "/basket");
}

}  // namespace stagedoor::client::routes
