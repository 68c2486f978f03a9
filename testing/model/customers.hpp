// Those who use a marketplace: sellers, buyers, strangers.
#pragma once

#include <string>
#include <vector>

#include "testing/http/client.hpp"

namespace stagedoor::testing {

// Somebody who asks: nobody, or a signed-in user. A value; any thread may use a copy.
class Visitor {
  public:
    explicit Visitor(std::string base_url) : base_url_(std::move(base_url)) {}

    [[nodiscard]] Reply get(const std::string& target) const { return send("GET", target); }
    [[nodiscard]] Reply head(const std::string& target) const { return send("HEAD", target); }
    [[nodiscard]] Reply post(const std::string& target, const std::string& body = "{}") const {
        return send("POST", target, body);
    }
    [[nodiscard]] Reply put(const std::string& target, const std::string& body) const {
        return send("PUT", target, body);
    }
    [[nodiscard]] Reply delete_(const std::string& target) const { return send("DELETE", target); }
    [[nodiscard]] Reply send(const std::string& method, const std::string& target,
                             const std::string& body = {}) const;
    // The same with one more header.
    [[nodiscard]] Visitor with(std::string name, std::string value) const;
    [[nodiscard]] const std::string& base_url() const { return base_url_; }

  private:
    std::string base_url_;
    Fields headers_;
};

struct User {
    std::string id, email, password;
    std::string cookie;  // "session=…"

    [[nodiscard]] Visitor at(const std::string& base_url) const {
        return Visitor{base_url}.with("Cookie", cookie);
    }
    // The bare token of the cookie.
    [[nodiscard]] std::string token() const { return cookie.substr(cookie.find('=') + 1); }
};

inline constexpr std::string_view good_password = "seven green umbrellas";

// An address that no other test has.
[[nodiscard]] std::string fresh_email(std::string_view name = "somebody");

// Throw when they don't succeed.
[[nodiscard]] User sign_up(const std::string& base_url, const std::string& email = fresh_email());
[[nodiscard]] std::vector<User> sign_up_many(const std::string& base_url, int count);

// ---- what they do; those that give an id throw unless they succeed

struct Offer {
    std::string title = "A concert";
    std::string price = "19.99";
    int quantity = 1;
    int max_per_order = 10;
    std::string more = {};  // further members: R"(,"city":"Wien")"

    [[nodiscard]] std::string json() const;
};
[[nodiscard]] std::string list_ticket(const Visitor& seller, const Offer& offer = {});

struct Wanted {
    std::string ticket;
    int quantity = 1;
};
[[nodiscard]] std::string basket(const std::vector<Wanted>& items);
[[nodiscard]] Reply order(const Visitor& buyer, const std::vector<Wanted>& items);

// The tokens of the test provider.
inline constexpr std::string_view good_card = "tok_visa", declined_card = "tok_chargeDeclined",
                                  empty_card = "tok_chargeDeclinedInsufficientFunds", slow_card = "tok_slow",
                                  silent_card = "tok_answerLost";
[[nodiscard]] std::string payment(const std::string& order, std::string_view token = good_card);
[[nodiscard]] Reply pay(const Visitor& buyer, const std::string& order, std::string_view token = good_card);
// What was paid for an order, and what went back.
[[nodiscard]] Reply payments_of(const Visitor& buyer, const std::string& order);
// The seller calls a listing off.
[[nodiscard]] Reply call_off(const Visitor& seller, const std::string& ticket);

// Follows the Link headers to the end and gives every page's elements, as documents.
[[nodiscard]] std::vector<json::Value> every_page(const Visitor& visitor, const std::string& target);

}  // namespace stagedoor::testing
