// The part of the API that the scenarios use, in memory, with faults that can be switched on: a faulty
// marketplace must not pass.
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
    bool forgets_a_hold = false;  // confirmed but not counted
    bool confirms_one_order_twice = false;
    bool loses_an_order = false;  // counted, but missing from the buyer's orders
    bool shows_wrong_available = false;
    bool is_sold_out_once = false;
    bool declines_a_card = false;
    bool forgets_a_sale = false;        // paid, but still counted as held
    bool leaves_an_order_open = false;  // paid, but shown as unpaid to its buyer
    bool loses_a_payment = false;       // not credited to the seller
    bool forgets_an_admission = false;  // confirmed but not counted
    bool refuses_a_scan = false;
    std::chrono::milliseconds counts_the_last_sale_late_by{0};
};

class SmallMarketplace {
  public:
    explicit SmallMarketplace(Faults faults = {}) : faults_(faults) {}

    std::string operator()(const Request& request) {
        auto call = request.method_and_target();
        if (call == "GET /readyz" || call == "GET /") return response(200, "<html>a page</html>");
        if (call == "GET /metrics") return response(200, metrics());
        if (call == "POST /api/users/signup") return sign_up();
        if (call == "POST /api/tickets") return list_ticket(request);
        if (call.starts_with("GET /api/tickets/mine")) return response(200, listings_of(session_of(request)));
        if (call.starts_with("GET /api/tickets?")) return response(200, listings_of(std::nullopt));
        if (call.starts_with("GET /api/tickets/"))
            return response(200, to_json(listings_.at(call.substr(17))));
        if (call == "POST /api/orders") return order(request);
        if (call.starts_with("GET /api/orders?")) return orders(request);
        if (call == "POST /api/payments") return pay(request);
        if (call == "GET /api/payments/balance") return balance(request);
        if (call.contains(" /api/admissions/")) return admissions(call);
        return response(404, R"({"errors":[{"message":"Not Found"}]})");
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
        int quantity = 1;
        bool paid = false;
    };

    static std::string response(int status, const std::string& body, const std::string& fields = "") {
        return fmt::format("HTTP/1.1 {} Status\r\n{}Content-Length: {}\r\n\r\n{}", status, fields,
                           body.size(), body);
    }

    static std::string session_of(const Request& request) {
        return std::string{header(request.head, "cookie").value_or("")};
    }

    std::string sign_up() {
        auto cookie = fmt::format("Set-Cookie: session=user{}; Path=/; HttpOnly\r\n", users_++);
        return response(201, R"({"id":"u","email":"e"})", cookie);
    }

    std::string list_ticket(const Request& request) {
        auto listing = boost::json::parse(request.body);
        auto id = fmt::format("ticket{}", listings_.size());
        auto price = static_cast<int>(listing.at("price").to_number<double>());
        listings_[id] = {id, session_of(request), price, listing.at("quantity").to_number<int>()};
        return response(201, to_json(listings_[id]));
    }

    std::string to_json(const Listing& listing) const {
        auto available =
            listing.quantity - listing.held - listing.sold + (faults_.shows_wrong_available ? 1 : 0);
        auto late = listing.sold > 0 && Clock::now() < last_paid_ + faults_.counts_the_last_sale_late_by;
        auto sold = listing.sold - (late ? 1 : 0);
        return fmt::format(R"({{"id":"{}","quantity":{},"held":{},"sold":{},"earned":{}.00,"available":{}}})",
                           listing.id, listing.quantity, listing.held, sold, sold * listing.price, available);
    }

    std::string listings_of(const std::optional<std::string>& seller) const {
        std::string all;
        for (const auto& [id, listing] : listings_) {
            if (seller && listing.seller != *seller) continue;
            all += (all.empty() ? "" : ",") + to_json(listing);
        }
        return "[" + all + "]";
    }

    std::string order(const Request& request) {
        ++orders_received_;
        if (faults_.is_sold_out_once && orders_received_ == 10)
            return response(409, R"({"errors":[{"message":"sold out"}]})");
        auto item = boost::json::parse(request.body).at("items").at(0);
        auto ticket_id = text(item, "ticketId");
        if (!(faults_.forgets_a_hold && orders_received_ == 10)) ++listings_.at(ticket_id).held;
        if (!(faults_.confirms_one_order_twice && orders_received_ == 10)) ++last_order_;
        auto id = fmt::format("order{}", last_order_);
        orders_[id] = {ticket_id};
        if (const auto* quantity = item.as_object().if_contains("quantity"))
            orders_[id].quantity = quantity->to_number<int>();
        if (!(faults_.loses_an_order && orders_received_ == 1))
            orders_by_session_[session_of(request)].push_back(id);
        return response(201, fmt::format(R"({{"id":"{}","status":"created"}})", id));
    }

    // Pages of three, so that the Link headers are followed.
    std::string orders(const Request& request) {
        const auto& own = orders_by_session_[session_of(request)];
        auto after = request.head.find("after=");
        std::size_t from = after == std::string::npos ? 0 : std::stoul(request.head.substr(after + 6));
        std::string page;
        for (auto i = from; i < std::min(own.size(), from + 3); ++i) {
            page += fmt::format(R"({}{{"id":"{}","status":"{}"}})", page.empty() ? "" : ",", own[i],
                                orders_.at(own[i]).paid ? "complete" : "created");
        }
        auto link =
            fmt::format("Link: <http://127.0.0.1/api/orders?limit=100&after={}>; rel=\"next\"\r\n", from + 3);
        return response(200, "[" + page + "]", from + 3 < own.size() ? link : "");
    }

    std::string pay(const Request& request) {
        auto payment = boost::json::parse(request.body);
        auto tenth = ++payments_ == 10;
        if (text(payment, "token") != "tok_visa" || (faults_.declines_a_card && tenth))
            return response(402, R"({"errors":[{"message":"declined"}]})");
        auto& order = orders_.at(text(payment, "orderId"));
        auto& listing = listings_.at(order.ticket_id);
        if (!(faults_.forgets_a_sale && tenth)) --listing.held, ++listing.sold;
        if (!(faults_.leaves_an_order_open && tenth)) order.paid = true;
        if (!(faults_.loses_a_payment && tenth)) earned_[listing.seller] += listing.price;
        passes_ += order.quantity;
        last_paid_ = Clock::now();
        return response(201, fmt::format(R"({{"id":"payment{}"}})", payments_));
    }

    std::string balance(const Request& request) {
        return response(
            200, fmt::format(R"([{{"currency":"USD","sold":{0}.00,"fees":0,"refunded":0,"balance":{0}.00}}])",
                             earned_[session_of(request)]));
    }

    // One listing with one door. What is scanned is not looked at: each code comes once.
    std::string admissions(const std::string& call) {
        if (call.ends_with("/doors"))
            return response(201, R"({"id":"door","link":"http://shop/door#token"})");
        if (call.ends_with("/scanners")) return response(201, R"({"id":"scanner","token":"token"})");
        if (call.ends_with("/scans")) return scan();
        if (call.contains("/listings/")) {
            auto admitted = admitted_ - (faults_.forgets_an_admission ? 1 : 0);
            return response(200, fmt::format(R"({{"counts":{{"issued":{},"admitted":{}}},)"
                                             R"("doors":[{{"admitted":{}}}]}})",
                                             passes_, admitted, admitted_));
        }
        if (call.contains("/passes/")) return response(200, R"({"id":"pass","code":"A CODE"})");
        std::string all;
        for (int i = 0; i < passes_; ++i)
            all += fmt::format(R"({}{{"id":"pass{}"}})", all.empty() ? "" : ",", i);
        return response(200, "[" + all + "]");
    }

    std::string scan() {
        ++scans_;
        if (faults_.refuses_a_scan && scans_ == 10)
            return response(200, R"({"nonce":"n","result":"refused","reason":"alreadyRedeemed"})");
        ++admitted_;
        return response(200, R"({"nonce":"n","result":"admitted"})");
    }

    static std::string text(const boost::json::value& object, std::string_view field) {
        return std::string{object.at(field).as_string()};
    }

    std::string metrics() const {
        auto delivered = orders_received_ + payments_;
        return fmt::format(
            "stagedoor_event_delivery_seconds_bucket{{service=\"tickets\",le=\"0.01\"}} {0}\n"
            "stagedoor_event_delivery_seconds_bucket{{service=\"tickets\",le=\"+Inf\"}} {0}\n",
            delivered);
    }

    Faults faults_;
    int users_ = 0;
    int orders_received_ = 0;
    int last_order_ = 0;
    int payments_ = 0;
    int passes_ = 0, scans_ = 0, admitted_ = 0;
    Clock::time_point last_paid_;
    std::map<std::string, Listing> listings_;
    std::map<std::string, Order> orders_;
    std::map<std::string, std::vector<std::string>> orders_by_session_;  // by cookie
    std::map<std::string, int> earned_;                                  // by cookie
};

}  // namespace stagedoor::load
