// POST /orders
//
// Holds the tickets in the form: those of a basket, or of one listing (from=listing). All or nothing.
// The form's key makes a double click one order; the form with other quantities is another order. It has the
// prices that its page showed: if one has risen since, the page shows the new one and nothing is held.
//   303  held: to the check-out. Not signed in: to sign-in, after which they are held; until then they are
//        in the basket, too. Rejected: to the basket or the listing with the errors
//
// GET /orders/new
//
// Where sign-in leads to if the visitor has signed in by other means, such as in another window. A GET holds
// nothing.
//   303  to the form, filled in
#include <charconv>

#include "services/client/cards.hpp"
#include "services/client/hold_challenge.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/typed_numbers.hpp"

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

json::Value order_body(const std::vector<RequestedItem>& items, std::string proof) {
    json::Array array;
    for (const auto& each : items) {
        json::Object item{{"ticketId", json::Value{each.ticket}}, {"quantity", as_count(each.quantity)}};
        auto currency = Currency::parse(each.currency);
        auto seen = currency ? Money::parse(each.price, *currency) : std::unexpected(Message{});
        if (seen) {
            item.emplace_back("price", json::Value{json::Number{seen->to_text()}});
            item.emplace_back("currency", json::Value{each.currency});
        }
        array.emplace_back(std::move(item));
    }
    json::Object body{{"items", json::Value{std::move(array)}}};
    if (!proof.empty()) body.emplace_back("proof", json::Value{std::move(proof)});
    return json::Value{std::move(body)};
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
Problems page_problems(Problems problems, const std::vector<RequestedItem>& items, bool from_listing,
                       Language language) {
    problems = explain_challenge(std::move(problems));
    for (const auto& item : items) problems = without_id(std::move(problems), item.ticket);
    for (auto& problem : problems) {
        auto index = item_index(problem.field);
        if (!index || *index >= items.size()) continue;
        if (problem.field.ends_with(".price")) {
            problem.message =
                Message::as_is(language::to_text(problem.message) + ". " +
                               language::to_text("Hold again to buy at the new price"_text, language));
        }
        problem.field = from_listing ? "quantity" : "many-" + items[*index].ticket;
    }
    return problems;
}

Task<> put_in_basket(Visit& visit, std::vector<RequestedItem> items) {
    for (const auto& item : items) {
        std::int64_t number = 1;
        std::from_chars(item.quantity.data(), item.quantity.data() + item.quantity.size(), number);
        number = std::max<std::int64_t>(number, 1);  // what is rejected stays in the basket
        (void)co_await set_basket_line(visit, item.ticket, number);
    }
}

// The form of a listing has one ticket, the basket's any number.
struct HoldForm {
    std::vector<RequestedItem> items;
    std::string proof;
    bool from_listing = false;

    explicit HoldForm(const Form& form) : items(requested_items(form)), proof(form["proof"]) {
        from_listing = form["from"] == "listing" && items.size() == 1;
    }
    [[nodiscard]] std::string page() const {
        return from_listing ? listing_address(TicketId{items.front().ticket}) : "/basket";
    }
};

Task<http::Response> place(Visit& visit, const HoldForm& form, std::string_view key) {
    visit.form_page = form.page();
    visit.after_sign_in = "/orders/new";
    auto take_from_basket = !form.from_listing || !visit.user;
    if (take_from_basket) co_await put_in_basket(visit, form.items);  // with the submitted quantities
    auto response =
        co_await visit.send_form("orders", "/api/orders", order_body(form.items, form.proof), key);
    if (!response.ok() && !response.is(ErrorKind::not_signed_in)) {
        auto error = response.error();
        throw ApiError{error.kind(),
                       page_problems(error.problems(), form.items, form.from_listing, visit.language)};
    }
    auto order = response.as<Order>();
    for (const auto& item : form.items) {
        if (take_from_basket) visit.basket.remove(item.ticket);
    }
    co_return visit.see_other("/orders/" + http::percent_encode(order.id.text) + "/pay?done=held");
}

}  // namespace

Problems without_id(Problems problems, std::string_view id) {
    for (auto& [message, field] : problems) {
        if (message.is_translatable()) continue;  // our own mention none
        auto text = message.pattern();
        for (const auto& mention : {" (" + std::string{id} + ")", " " + std::string{id}}) {
            if (auto at = text.find(mention); at != std::string::npos) text.erase(at, mention.size());
        }
        message = Message::as_is(std::move(text));
    }
    return problems;
}

Task<http::Response> hold(Visit& visit) {
    HoldForm form{visit.form()};
    if (form.items.empty()) co_return visit.see_other("/basket");
    if (!visit.user) {
        co_await put_in_basket(visit, form.items);
        visit.after_sign_in = "/orders/new";
        throw NotSignedIn();
    }
    co_return co_await place(visit, form, visit.form()["key"]);
}

Task<http::Response> hold_form(Visit& visit) {
    HoldForm form{visit.form()};
    if (form.from_listing) co_return co_await listing_page(visit, form.items.front().ticket);
    co_return co_await basket(visit);
}

Task<http::Response> resume_hold(Visit& visit) {
    (void)visit.need_user();
    if (!visit.draft) co_return visit.see_other("/basket");
    HoldForm form{visit.entered()};
    co_return visit.see_other(with_parameter(form.page(), "draft", visit.query()["draft"]));
}

Task<http::Response> continue_after_sign_in(Visit& visit, std::string next) {
    if (!next.starts_with(hold_after_sign_in)) co_return visit.see_other(std::move(next));
    auto id = next.substr(hold_after_sign_in.size());
    auto draft = co_await visit.load_draft(id);
    if (!draft) co_return visit.see_other("/basket");
    auto pairs = draft->form().pairs();
    std::erase_if(pairs, [](const auto& pair) { return pair.first == "key" && pair.second.empty(); });
    // The form of a visitor who isn't signed in has no key. The draft's id makes signing in twice one order.
    if (!Form{pairs}.has("key")) pairs.emplace_back("key", id);
    visit.resume(Form{std::move(pairs)});
    HoldForm form{visit.form()};
    auto key = visit.form()["key"];
    co_return co_await place(visit, form, key);
}

}  // namespace stagedoor::client::routes
