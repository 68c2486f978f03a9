// POST /orders
//
// Holds the tickets in the form: those of a basket, or of one listing (from=listing). All or nothing.
// The form's key makes a double click one order; the form with other quantities is another order. It has the
// prices that its page showed: if one has risen since, the page shows the new one and nothing is held.
//   303  held: to the order; not signed in: to sign-in and then the basket, which keeps the tickets
//   400, 403, 404, 409  not held: the basket or the listing with the errors
//   503  orders is down
#include <charconv>

#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct RequestedItem {
    std::string ticket, quantity;
    std::string price, currency;  // that the page showed; empty if it is from before pages sent them
};

std::vector<RequestedItem> requested_items(const Form& form) {
    auto tickets = form.all("ticket");
    auto quantities = form.all("quantity"), prices = form.all("price"), currencies = form.all("currency");
    auto at = [](const std::vector<std::string>& values, std::size_t i, std::string otherwise) {
        return i < values.size() ? values[i] : std::move(otherwise);
    };
    std::vector<RequestedItem> all;
    for (std::size_t i = 0; i < tickets.size() && i < Basket::max_lines; ++i) {
        all.push_back({tickets[i], at(quantities, i, "1"), at(prices, i, ""), at(currencies, i, "")});
    }
    return all;
}

json::Value body_of(const std::vector<RequestedItem>& items) {
    json::Array array;
    for (const auto& each : items) {
        json::Object item{{"ticketId", json::Value{each.ticket}}, {"quantity", as_number(each.quantity)}};
        auto currency = Currency::parse(each.currency);
        auto seen = currency ? Money::parse(each.price, *currency) : std::unexpected(std::string{});
        if (seen) {
            item.emplace_back("price", json::Value{json::Number{seen->to_text()}});
            item.emplace_back("currency", json::Value{each.currency});
        }
        array.emplace_back(std::move(item));
    }
    return json::Value{json::Object{{"items", json::Value{std::move(array)}}}};
}

// The index of the item that a field belongs to: "items[2].quantity" -> 2.
std::optional<std::size_t> item_index(std::string_view field) {
    constexpr std::string_view start = "items[";
    if (!field.starts_with(start)) return std::nullopt;
    std::size_t index = 0;
    auto rest = field.substr(start.size());
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), index);
    if (error != std::errc{}) return std::nullopt;
    return index;
}

// Renames the fields to those of the page.
Problems page_problems(Problems problems, const std::vector<RequestedItem>& items, bool from_listing) {
    for (const auto& item : items) problems = without_id(std::move(problems), item.ticket);
    for (auto& problem : problems) {
        auto index = item_index(problem.field);
        if (!index || *index >= items.size()) continue;
        auto is_predicate =
            !problem.message.empty() && problem.message.front() >= 'a' && problem.message.front() <= 'z';
        if (is_predicate) problem.message = "Quantity " + problem.message;
        if (problem.field.ends_with(".price")) problem.message += ". Hold again to buy at the new price";
        problem.field = from_listing ? "quantity" : "many-" + items[*index].ticket;
    }
    return problems;
}

void set_in_basket(Basket& basket, const std::vector<RequestedItem>& items) {
    for (const auto& item : items) {
        std::int64_t number = 1;
        std::from_chars(item.quantity.data(), item.quantity.data() + item.quantity.size(), number);
        basket.remove(item.ticket);
        basket.add(item.ticket, number);
    }
}

Task<http::Response> rejected_page(Visit& visit, const ServiceResponse& response,
                                   const std::vector<RequestedItem>& items, bool from_listing) {
    auto problems = page_problems(response.problems(), items, from_listing);
    if (from_listing) {
        auto found = co_await visit.get("tickets", api_path("/api/tickets", items.front().ticket));
        co_return listing_page(visit, response.status, found.as<Listing>(), items.front().quantity, problems);
    }
    set_in_basket(visit.basket, items);  // with the submitted quantities
    co_return co_await basket_page(visit, response.status, std::move(problems), visit.basket);
}

}  // namespace

Problems without_id(Problems problems, std::string_view id) {
    for (auto& [message, field] : problems) {
        for (const auto& mention : {" (" + std::string{id} + ")", " " + std::string{id}}) {
            if (auto at = message.find(mention); at != std::string::npos) message.erase(at, mention.size());
        }
    }
    return problems;
}

Task<http::Response> hold(Visit& visit) {
    auto form = visit.form();
    auto items = requested_items(form);
    auto from_listing = form["from"] == "listing" && items.size() == 1;
    if (items.empty()) co_return visit.see_other("/basket");
    if (!visit.user) set_in_basket(visit.basket, items);
    (void)visit.need_user("/basket");

    auto response = co_await visit.send_form("orders", "/api/orders", body_of(items), form["key"]);
    if (response.is(ErrorKind::not_signed_in)) throw NotSignedIn();
    if (!response.ok()) co_return co_await rejected_page(visit, response, items, from_listing);
    for (const auto& item : items) {
        if (!from_listing) visit.basket.remove(item.ticket);
    }
    co_return visit.see_other("/orders/" + http::percent_encode(response.as<Order>().id.text) + "?done=held");
}

}  // namespace stagedoor::client::routes
