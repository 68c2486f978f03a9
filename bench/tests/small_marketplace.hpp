// As much of the contract as the scenarios use, in memory, with faults that can be switched on: a marketplace
// that cheats must not pass.
#pragma once

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <map>
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
        if (what == "GET /api/tickets/mine") return answer(200, "[" + listing() + "]");
        if (what.starts_with("GET /api/tickets?")) return answer(200, found());
        if (what.starts_with("GET /api/tickets/")) return answer(200, listing());
        if (what == "POST /api/orders") return order(request);
        if (what.starts_with("GET /api/orders?")) return orders(request);
        return answer(404, R"({"errors":[{"message":"Not Found"}]})");
    }

  private:
    static std::string answer(int status, const std::string& body, const std::string& fields = "") {
        return fmt::format("HTTP/1.1 {} Status\r\n{}Content-Length: {}\r\n\r\n{}", status, fields,
                           body.size(), body);
    }

    std::string sign_up() {
        auto cookie = fmt::format("Set-Cookie: session=user{}; Path=/; HttpOnly\r\n", users_++);
        return answer(201, R"({"id":"u","email":"e"})", cookie);
    }

    std::string list_ticket(const Request& request) {
        quantity_ = boost::json::parse(request.body).at("quantity").to_number<int>();
        held_ = 0;
        ++listed_;
        return answer(201, listing());
    }

    std::string listing() const {
        auto available = quantity_ - held_ + (faults_.shows_wrong_available ? 1 : 0);
        return fmt::format(R"({{"id":"hot","quantity":{},"held":{},"available":{}}})", quantity_, held_,
                           available);
    }

    std::string found() const {
        std::string all = "[";
        for (int i = 0; i < listed_; ++i) all += (i ? "," : "") + listing();
        return all + "]";
    }

    std::string order(const Request& request) {
        ++asked_;
        if (faults_.is_sold_out_once && asked_ == 10)
            return answer(409, R"({"errors":[{"message":"sold out"}]})");
        if (!(faults_.forgets_a_hold && asked_ == 10)) ++held_;
        if (!(faults_.answers_one_order_twice && asked_ == 10)) ++order_;
        auto& own = orders_[std::string{header(request.head, "cookie").value_or("")}];
        if (!(faults_.loses_an_order && asked_ == 1)) own.push_back(order_);
        return answer(201, fmt::format(R"({{"id":"order{}","status":"created"}})", order_));
    }

    // Pages of three, so that the links are followed.
    std::string orders(const Request& request) {
        const auto& own = orders_[std::string{header(request.head, "cookie").value_or("")}];
        auto after = request.head.find("after=");
        std::size_t from = after == std::string::npos ? 0 : std::stoul(request.head.substr(after + 6));
        std::string page;
        for (auto i = from; i < std::min(own.size(), from + 3); ++i) {
            page += fmt::format(R"({}{{"id":"order{}"}})", page.empty() ? "" : ",", own[i]);
        }
        auto link =
            fmt::format("Link: <http://127.0.0.1/api/orders?limit=100&after={}>; rel=\"next\"\r\n", from + 3);
        return answer(200, "[" + page + "]", from + 3 < own.size() ? link : "");
    }

    std::string metrics() const {
        return fmt::format(
            "stagedoor_event_delivery_seconds_bucket{{service=\"tickets\",le=\"0.01\"}} {0}\n"
            "stagedoor_event_delivery_seconds_bucket{{service=\"tickets\",le=\"+Inf\"}} {0}\n",
            held_);
    }

    Faults faults_;
    int users_ = 0;
    int quantity_ = 0;
    int held_ = 0;
    int listed_ = 0;
    int asked_ = 0;
    int order_ = 0;
    std::map<std::string, std::vector<int>> orders_;  // by cookie
};

}  // namespace stagedoor::load
