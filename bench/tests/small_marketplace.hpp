// As much of the contract as the scenarios use, in memory, with faults that can be switched on: a marketplace
// that cheats must not pass.
#pragma once

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/tests/small_server.hpp"

namespace stagedoor::load {

struct Faults {
    bool forgets_a_hold = false;  // answered 201, not counted
    bool answers_one_order_twice = false;
    bool loses_an_order = false;  // counted, but not among the buyer's own
    bool shows_wrong_available = false;
    bool is_sold_out_once = false;
    bool declines_a_card = false;
    bool forgets_a_sale = false;        // paid for, but still counted as held
    bool leaves_an_order_open = false;  // paid for, but its buyer sees it unpaid
    bool keeps_a_payment = false;       // from its seller
    std::chrono::milliseconds counts_the_last_sale_after{0};
};

class SmallMarketplace {
  public:
    explicit SmallMarketplace(Faults faults = {}) : faults_(faults) {}

    std::string operator()(const Request& request) {
        auto what = request.what();
        if (what == "GET /readyz" || what == "GET /") return answer(200, "<html>a page</html>");
        if (what == "GET /metrics") return answer(200, metrics());
        if (what == "POST /api/users/signup") return sign_up();
        if (what == "POST /api/tickets") return list_ticket(request);
        if (what.starts_with("GET /api/tickets/mine")) return answer(200, listings_of(who(request)));
        if (what.starts_with("GET /api/tickets?")) return answer(200, listings_of(std::nullopt));
        if (what.starts_with("GET /api/tickets/")) return answer(200, shown(listings_.at(what.substr(17))));
        if (what == "POST /api/orders") return order(request);
        if (what.starts_with("GET /api/orders?")) return orders(request);
        if (what == "POST /api/payments") return pay(request);
        if (what == "GET /api/payments/balance") return balance(request);
        return answer(404, R"({"errors":[{"message":"Not Found"}]})");
    }

  private:
    using Clock = std::chrono::steady_clock;

    struct Listing {
        std::string id, seller;
        int price, quantity;
        int held = 0, sold = 0;
    };
    struct Order {
        std::string ticket_id;
        bool paid = false;
    };

    static std::string answer(int status, const std::string& body, const std::string& fields = "") {
        return fmt::format("HTTP/1.1 {} Status\r\n{}Content-Length: {}\r\n\r\n{}", status, fields,
                           body.size(), body);
    }

    static std::string who(const Request& request) {
        return std::string{header(request.head, "cookie").value_or("")};
    }

    std::string sign_up() {
        auto cookie = fmt::format("Set-Cookie: session=user{}; Path=/; HttpOnly\r\n", users_++);
        return answer(201, R"({"id":"u","email":"e"})", cookie);
    }

    std::string list_ticket(const Request& request) {
        auto wanted = boost::json::parse(request.body);
        auto id = fmt::format("ticket{}", listings_.size());
        auto price = static_cast<int>(wanted.at("price").to_number<double>());
        listings_[id] = {id, who(request), price, wanted.at("quantity").to_number<int>()};
        return answer(201, shown(listings_[id]));
    }

    std::string shown(const Listing& listing) const {
        auto available =
            listing.quantity - listing.held - listing.sold + (faults_.shows_wrong_available ? 1 : 0);
        auto late = listing.sold > 0 && Clock::now() < last_paid_ + faults_.counts_the_last_sale_after;
        auto sold = listing.sold - (late ? 1 : 0);
        return fmt::format(R"({{"id":"{}","quantity":{},"held":{},"sold":{},"earned":{}.00,"available":{}}})",
                           listing.id, listing.quantity, listing.held, sold, sold * listing.price, available);
    }

    std::string listings_of(const std::optional<std::string>& seller) const {
        std::string all;
        for (const auto& [id, listing] : listings_) {
            if (seller && listing.seller != *seller) continue;
            all += (all.empty() ? "" : ",") + shown(listing);
        }
        return "[" + all + "]";
    }

    std::string order(const Request& request) {
        ++asked_;
        if (faults_.is_sold_out_once && asked_ == 10)
            return answer(409, R"({"errors":[{"message":"sold out"}]})");
        auto ticket_id = text(boost::json::parse(request.body).at("items").at(0), "ticketId");
        if (!(faults_.forgets_a_hold && asked_ == 10)) ++listings_.at(ticket_id).held;
        if (!(faults_.answers_one_order_twice && asked_ == 10)) ++order_;
        auto id = fmt::format("order{}", order_);
        orders_[id] = {ticket_id};
        if (!(faults_.loses_an_order && asked_ == 1)) orders_of_[who(request)].push_back(id);
        return answer(201, fmt::format(R"({{"id":"{}","status":"created"}})", id));
    }

    // Pages of three, so that the links are followed.
    std::string orders(const Request& request) {
        const auto& own = orders_of_[who(request)];
        auto after = request.head.find("after=");
        std::size_t from = after == std::string::npos ? 0 : std::stoul(request.head.substr(after + 6));
        std::string page;
        for (auto i = from; i < std::min(own.size(), from + 3); ++i) {
            page += fmt::format(R"({}{{"id":"{}","status":"{}"}})", page.empty() ? "" : ",", own[i],
                                orders_.at(own[i]).paid ? "complete" : "created");
        }
        auto link =
            fmt::format("Link: <http://127.0.0.1/api/orders?limit=100&after={}>; rel=\"next\"\r\n", from + 3);
        return answer(200, "[" + page + "]", from + 3 < own.size() ? link : "");
    }

    std::string pay(const Request& request) {
        auto payment = boost::json::parse(request.body);
        auto tenth = ++payments_ == 10;
        if (text(payment, "token") != "tok_visa" || (faults_.declines_a_card && tenth))
            return answer(402, R"({"errors":[{"message":"declined"}]})");
        auto& order = orders_.at(text(payment, "orderId"));
        auto& listing = listings_.at(order.ticket_id);
        if (!(faults_.forgets_a_sale && tenth)) --listing.held, ++listing.sold;
        if (!(faults_.leaves_an_order_open && tenth)) order.paid = true;
        if (!(faults_.keeps_a_payment && tenth)) earned_[listing.seller] += listing.price;
        last_paid_ = Clock::now();
        return answer(201, fmt::format(R"({{"id":"payment{}"}})", payments_));
    }

    std::string balance(const Request& request) {
        return answer(
            200, fmt::format(R"([{{"currency":"USD","sold":{0}.00,"fees":0,"refunded":0,"balance":{0}.00}}])",
                             earned_[who(request)]));
    }

    static std::string text(const boost::json::value& object, std::string_view field) {
        return std::string{object.at(field).as_string()};
    }

    std::string metrics() const {
        auto delivered = asked_ + payments_;
        return fmt::format(
            "stagedoor_event_delivery_seconds_bucket{{service=\"tickets\",le=\"0.01\"}} {0}\n"
            "stagedoor_event_delivery_seconds_bucket{{service=\"tickets\",le=\"+Inf\"}} {0}\n",
            delivered);
    }

    Faults faults_;
    int users_ = 0;
    int asked_ = 0;
    int order_ = 0;
    int payments_ = 0;
    Clock::time_point last_paid_;
    std::map<std::string, Listing> listings_;
    std::map<std::string, Order> orders_;
    std::map<std::string, std::vector<std::string>> orders_of_;  // by cookie
    std::map<std::string, int> earned_;                          // by cookie
};

}  // namespace stagedoor::load
