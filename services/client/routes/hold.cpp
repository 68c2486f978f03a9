// POST /orders
//
// Holds what the form names: the tickets of a basket, or some of one listing (from=listing). All or nothing.
// The form's key makes a double click one order; the form sent again with other numbers is another one.
//   303  held: on to the order; not signed in: to sign in, and then the basket, which keeps what was wanted
//   400, 403, 404, 409  not held: the basket or the listing again, with what fell short
//   503  orders is away
#include <charconv>

#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct Wanted {
    std::string ticket, quantity;
};

std::vector<Wanted> wanted_in(const Form& form) {
    auto tickets = form.all("ticket");
    auto quantities = form.all("quantity");
    std::vector<Wanted> all;
    for (std::size_t i = 0; i < tickets.size() && i < Basket::most_lines; ++i) {
        all.push_back({tickets[i], i < quantities.size() ? quantities[i] : "1"});
    }
    return all;
}

json::Value body_of(const std::vector<Wanted>& wanted) {
    json::Array items;
    for (const auto& [ticket, quantity] : wanted) {
        items.emplace_back(
            json::Object{{"ticketId", json::Value{ticket}}, {"quantity", as_number(quantity)}});
    }
    return json::Value{json::Object{{"items", json::Value{std::move(items)}}}};
}

// Which of the items a problem is about: "items[2].quantity" → 2.
std::optional<std::size_t> item_of(std::string_view field) {
    constexpr std::string_view start = "items[";
    if (!field.starts_with(start)) return std::nullopt;
    std::size_t index = 0;
    auto rest = field.substr(start.size());
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), index);
    if (error != std::errc{}) return std::nullopt;
    return index;
}

// With the field names of the page that shows them.
Problems told_to_people(Problems problems, const std::vector<Wanted>& wanted, bool from_listing) {
    for (const auto& item : wanted) problems = without_id(std::move(problems), item.ticket);
    for (auto& problem : problems) {
        auto index = item_of(problem.field);
        if (!index || *index >= wanted.size()) continue;
        auto is_predicate =
            !problem.message.empty() && problem.message.front() >= 'a' && problem.message.front() <= 'z';
        if (is_predicate) problem.message = "The number of tickets " + problem.message;
        problem.field = from_listing ? "quantity" : "many-" + wanted[*index].ticket;
    }
    return problems;
}

void put_into_basket(Basket& basket, const std::vector<Wanted>& wanted) {
    for (const auto& [ticket, quantity] : wanted) {
        std::int64_t number = 1;
        std::from_chars(quantity.data(), quantity.data() + quantity.size(), number);
        basket.remove(ticket);
        basket.add(ticket, number);
    }
}

Task<http::Response> not_held(Visit& visit, const Said& said, const std::vector<Wanted>& wanted,
                              bool from_listing) {
    auto problems = told_to_people(said.problems(), wanted, from_listing);
    if (from_listing) {
        auto found = co_await visit.get("tickets", api_path("/api/tickets", wanted.front().ticket));
        co_return listing_page(visit, said.status, found.as<Listing>(), wanted.front().quantity, problems);
    }
    put_into_basket(visit.basket, wanted);  // the numbers as they were typed
    co_return co_await basket_page(visit, said.status, std::move(problems), visit.basket);
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
    auto wanted = wanted_in(form);
    auto from_listing = form["from"] == "listing" && wanted.size() == 1;
    if (wanted.empty()) co_return visit.see_other("/basket");
    if (!visit.user) put_into_basket(visit.basket, wanted);
    (void)visit.need_user("/basket");

    auto said = co_await visit.send_form("orders", "/api/orders", body_of(wanted), form["key"]);
    if (said.status == 401) throw NotSignedIn();
    if (!said.ok()) co_return co_await not_held(visit, said, wanted, from_listing);
    for (const auto& item : wanted) {
        if (!from_listing) visit.basket.remove(item.ticket);
    }
    co_return visit.see_other("/orders/" + http::percent_encode(said.as<Order>().id.text) + "?done=held");
}

}  // namespace stagedoor::client::routes
