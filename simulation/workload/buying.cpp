#include "simulation/workload/buying.hpp"

#include <algorithm>

#include "contracts/instant.hpp"

namespace stagedoor::simulation {

using namespace std::chrono_literals;
using http::Method;

namespace {

std::string decimal_text(std::int64_t cents) { return fmt::format("{}.{:02}", cents / 100, cents % 100); }

}  // namespace

std::int64_t Buying::total_of(const std::vector<Item>& items) {
    std::int64_t cents = 0;
    for (const auto& item : items) cents += item.seen_cents * item.quantity;
    return cents;
}

// Baskets overlap, in either order; the first listing is in many of them, and newer ones are preferred.
std::vector<Buying::Item> Buying::choose_items() {
    const auto& listings = selling_.listings();
    if (listings.empty()) return {};
    std::vector<std::string> chosen;
    auto count = 1 + world_.below(3);
    if (world_.chance(0.4)) chosen.push_back(listings.front().id);
    for (std::uint64_t i = 0; i < count; ++i) {
        auto back = world_.below(std::min<std::size_t>(listings.size(), 6)) + 1;
        auto id = listings[listings.size() - back].id;
        if (std::ranges::find(chosen, id) == chosen.end()) chosen.push_back(id);
    }
    if (world_.chance(0.5)) std::ranges::reverse(chosen);
    std::vector<Item> items;
    auto confirms_prices = world_.chance(0.7);
    for (const auto& id : chosen) {
        auto listing = std::ranges::find(listings, id, &Listing::id);
        items.push_back({id, world_.chance(0.8) ? 1 : 2, confirms_prices ? listing->price_cents : 0});
    }
    return items;
}

http::Request Buying::order_request(const std::vector<Item>& items, const std::string& key) {
    if (!key.empty() && requests_.prefers_form()) {
        std::vector<std::pair<std::string_view, std::string>> fields{{"key", key}};
        for (const auto& [ticket, quantity, seen_cents] : items) {
            fields.emplace_back("ticket", ticket);
            fields.emplace_back("quantity", std::to_string(quantity));
            if (seen_cents == 0) continue;
            fields.emplace_back("price", decimal_text(seen_cents));
            fields.emplace_back("currency", "USD");
        }
        return form_request("/orders", fields);
    }
    std::string body;
    for (const auto& [ticket, quantity, seen_cents] : items) {
        auto price = seen_cents == 0 ? "" : R"(,"price":)" + decimal_text(seen_cents);
        body += fmt::format(R"({}{{"ticketId":"{}","quantity":{}{}}})", body.empty() ? "" : ",", ticket,
                            quantity, price);
    }
    return api_request(Method::post, "/api/orders", R"({"items":[)" + body + "]}", key);
}

http::Request Buying::cancel_request(const std::string& order) {
    if (requests_.prefers_form()) return form_request("/orders/" + order + "/cancel", {});
    return api_request(Method::delete_, "/api/orders/" + order);
}

http::Request Buying::payment_request(const std::string& order, const std::string& token,
                                      const std::string& key) {
    if (!key.empty() && requests_.prefers_form())
        return form_request("/orders/" + order + "/pay", {{"token", token}, {"key", key}});
    return api_request(Method::post, "/api/payments",
                       fmt::format(R"({{"orderId":"{}","token":"{}"}})", order, token), key);
}

Task<> Buying::buy(Customer& buyer) {
    auto items = choose_items();
    if (items.empty()) co_return;
    auto key = world_.chance(0.7) ? requests_.new_idempotency_key() : "";
    auto request = order_request(items, key);
    auto response = key.empty() ? co_await requests_.send(buyer, request)
                                : co_await requests_.send_with_retry(buyer, request);
    if (!response.ok()) co_return;
    auto order = response.id();
    expected_.ordered(order, key);
    if (items.front().seen_cents > 0) expected_.costs_at_most(order, total_of(items));
    // A form's response does not contain it.
    auto expires_at = Instant::parse(response.at("expiresAt")).value_or(requests_.clock.now() + time_to_pay);
    if (!key.empty() && world_.chance(0.2)) {  // a double click
        auto second = co_await requests_.send(buyer, request);
        if (second.ok()) expected_.ordered(second.id(), key);
    }
    co_await finish(buyer, order, expires_at);
    if (!world_.chance(0.2)) co_return;
    // Whether or not the order is paid, or the seller has changed the event.
    co_await requests_.pause(0ms, 4s);
    auto ticket = world_.pick(items).ticket;
    if (world_.chance(0.2))  // a double click
        boost::asio::co_spawn(requests_.executor, return_tickets(buyer, order, ticket),
                              boost::asio::detached);
    co_await return_tickets(buyer, order, ticket);
}

Task<> Buying::return_tickets(Customer buyer, std::string order, std::string ticket) {
    auto path = "/orders/" + order + "/return";
    auto body = fmt::format(R"({{"ticketId":"{}"}})", ticket);
    auto request = requests_.prefers_form() ? form_request(path, {{"ticket", ticket}})
                                            : api_request(Method::post, "/api" + path, body);
    auto response = co_await requests_.send(buyer, std::move(request));
    if (response.ok()) expected_.returned(order, ticket);
}

Task<> Buying::finish(Customer& buyer, std::string order, Instant expires_at) {
    auto choice = world_.below(10);
    if (choice < 6) {
        co_await requests_.pause(0ms, 2s);
        co_await pay(buyer, order);
    } else if (choice == 6) {  // pays within 200 ms of the expiry
        auto moment =
            expires_at + std::chrono::milliseconds{static_cast<std::int64_t>(world_.below(400)) - 200};
        if (moment > requests_.clock.now())
            co_await runtime::sleep_for(requests_.clock, moment - requests_.clock.now());
        co_await pay(buyer, order);
    } else if (choice == 7) {
        auto response = co_await requests_.send_with_retry(buyer, cancel_request(order));
        if (response.ok()) expected_.order_cancelled(order);
    } else if (choice == 8) {  // cancels during payment
        boost::asio::co_spawn(requests_.executor, pay(buyer, order), boost::asio::detached);
        co_await requests_.pause(0ms, 30ms);
        auto response = co_await requests_.send(buyer, cancel_request(order));
        if (response.ok()) expected_.order_cancelled(order);
    }  // otherwise abandons it
}

Task<> Buying::pay(Customer buyer, std::string order) {
    static const std::vector<std::string> tokens{
        "tok_visa", "tok_visa", "tok_visa", "tok_visa", "tok_slow", "tok_chargeDeclined", "tok_answerLost"};
    auto token = world_.pick(tokens);
    auto key = world_.chance(0.5) ? requests_.new_idempotency_key() : "";
    if (world_.chance(0.2))  // a double click
        boost::asio::co_spawn(requests_.executor, pay_once(buyer, order, token, key), boost::asio::detached);
    co_await pay_once(buyer, order, token, key);
    if (token == "tok_chargeDeclined" && world_.chance(0.7)) co_await pay_once(buyer, order, "tok_visa", "");
}

Task<> Buying::pay_once(Customer buyer, std::string order, std::string token, std::string key) {
    auto request = payment_request(order, token, key);
    auto response = co_await requests_.send_with_retry(buyer, request);
    if (!response.ok()) co_return;
    if (is_form(request))
        expected_.paid_by_form(order);
    else
        expected_.paid(order, response.id());
}

}  // namespace stagedoor::simulation
