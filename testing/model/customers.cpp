#include "testing/model/customers.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>

#include "testing/concurrently.hpp"
#include "testing/processes/process.hpp"

namespace stagedoor::testing {

std::string unique_email(std::string_view name) {
    static std::atomic<int> next = 0;
    static const auto run = std::to_string(::getpid()) + "x" + std::to_string(now_ms() % 100'000'000);
    return std::string{name} + "-" + run + "-" + std::to_string(next++) + "@example.com";
}

User sign_up(const std::string& base_url, const std::string& email) {
    User user{.id = {}, .email = email, .password = std::string{good_password}, .cookie = {}};
    auto response =
        Client{base_url}.post("/api/users/signup", R"({"email":)" + json_text(email) + R"(,"password":)" +
                                                       json_text(user.password) + "}");
    if (response.status != 201)
        throw std::runtime_error("sign-up of " + email + " failed: " + std::to_string(response.status) + " " +
                                 response.body);
    user.id = response.at("id");
    user.cookie = response.cookie();
    return user;
}

std::vector<User> sign_up_many(const std::string& base_url, int count) {
    std::vector<User> users(static_cast<std::size_t>(count));
    parallel_for(count, 8, [&](int i) { users[static_cast<std::size_t>(i)] = sign_up(base_url); });
    return users;
}

std::string Offer::json() const {
    return R"({"title":)" + json_text(title) + R"(,"price":)" + price + R"(,"quantity":)" +
           std::to_string(quantity) + R"(,"maxPerOrder":)" + std::to_string(max_per_order) + more + "}";
}

std::string list_ticket(const Client& seller, const Offer& offer) {
    auto response = seller.post("/api/tickets", offer.json());
    if (response.status != 201)
        throw std::runtime_error("listing a ticket failed: " + std::to_string(response.status) + " " +
                                 response.body);
    return response.at("id");
}

std::string basket(const std::vector<OrderItem>& items) {
    std::string body = R"({"items":[)";
    for (const auto& item : items) {
        if (body.back() == '}') body += ',';
        body += R"({"ticketId":)" + json_text(item.ticket) + R"(,"quantity":)" +
                std::to_string(item.quantity) + "}";
    }
    return body + "]}";
}

Response order(const Client& buyer, const std::vector<OrderItem>& items) {
    return buyer.post("/api/orders", basket(items));
}

std::string payment(const std::string& order, std::string_view token) {
    return R"({"orderId":)" + json_text(order) + R"(,"token":)" + json_text(token) + "}";
}

Response pay(const Client& buyer, const std::string& order, std::string_view token) {
    return buyer.post("/api/payments", payment(order, token));
}

Response payments_of(const Client& buyer, const std::string& order) {
    return buyer.get("/api/payments?orderId=" + http::percent_encode(order));
}

Response cancel_listing(const Client& seller, const std::string& ticket) {
    return seller.post("/api/tickets/" + ticket + "/cancel");
}

std::vector<json::Value> all_pages(const Client& client, const std::string& target) {
    std::vector<json::Value> all;
    auto next = target;
    for (int pages = 0; !next.empty(); ++pages) {
        if (pages > 10'000) throw std::runtime_error("the pages of " + target + " never end");
        auto response = client.get(next);
        response.expect(200);
        auto document = response.json();
        if (const auto* array = document.array()) all.insert(all.end(), array->begin(), array->end());
        auto link = response.headers["Link"];
        auto end = link.find('>');
        auto is_next =
            end != std::string_view::npos && link.substr(end).find(R"(rel="next")") != std::string_view::npos;
        next = is_next ? std::string{link.substr(1, end - 1)} : std::string{};
        if (auto path = next.find("/api/"); path != std::string::npos) next.erase(0, path);
    }
    return all;
}

}  // namespace stagedoor::testing
