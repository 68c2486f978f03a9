// The users of a marketplace and the requests they make.
#pragma once

#include <string>
#include <vector>

#include "testing/http/client.hpp"

namespace stagedoor::testing {

struct User {
    std::string id, email, password;
    std::string cookie;  // "session=…"

    [[nodiscard]] Client at(const std::string& base_url) const {
        return Client{base_url}.with("Cookie", cookie);
    }
    // The token in the cookie.
    [[nodiscard]] std::string token() const { return cookie.substr(cookie.find('=') + 1); }
};

inline constexpr std::string_view good_password = "seven green umbrellas";

// An address that no other test uses.
[[nodiscard]] std::string unique_email(std::string_view name = "user");

// Throw unless they succeed.
[[nodiscard]] User sign_up(const std::string& base_url, const std::string& email = unique_email());
[[nodiscard]] std::vector<User> sign_up_many(const std::string& base_url, int count);

// ---- requests; those that return an id throw unless they succeed

struct Offer {
    std::string title = "A concert";
    std::string price = "19.99";
    int quantity = 1;
    int max_per_order = 10;
    std::string more = {};  // further members, such as R"(,"city":"Wien")"

    [[nodiscard]] std::string json() const;
};
[[nodiscard]] std::string list_ticket(const Client& seller, const Offer& offer = {});

struct OrderItem {
    std::string ticket;
    int quantity = 1;
};
[[nodiscard]] std::string basket(const std::vector<OrderItem>& items);
[[nodiscard]] Response order(const Client& buyer, const std::vector<OrderItem>& items);

// Tokens of the test provider.
inline constexpr std::string_view valid_card = "tok_visa", declined_card = "tok_chargeDeclined",
                                  insufficient_funds_card = "tok_chargeDeclinedInsufficientFunds",
                                  slow_card = "tok_slow", lost_response_card = "tok_answerLost";
[[nodiscard]] std::string payment(const std::string& order, std::string_view token = valid_card);
[[nodiscard]] Response pay(const Client& buyer, const std::string& order,
                           std::string_view token = valid_card);
// The payment and refunds of an order.
[[nodiscard]] Response payments_of(const Client& buyer, const std::string& order);
// The seller cancels a listing.
[[nodiscard]] Response cancel_listing(const Client& seller, const std::string& ticket);

// The elements of all pages, found by following the Link headers.
[[nodiscard]] std::vector<json::Value> all_pages(const Client& client, const std::string& target);

}  // namespace stagedoor::testing
