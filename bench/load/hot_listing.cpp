#include "bench/load/hot_listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>
#include <stdexcept>

namespace stagedoor::load {
namespace {

constexpr auto kFirstOrderLimit = std::chrono::seconds{30};
constexpr std::size_t kKeyDigits = 12;
constexpr std::size_t kMostTaken = 2'000'000;

std::string text_of(const boost::json::object& object, std::string_view field) {
    const auto* value = object.if_contains(field);
    if (!value || !value->is_string())
        throw std::runtime_error{fmt::format("no text «{}» in the answer", field)};
    return std::string{value->as_string()};
}

std::int64_t number_of(const boost::json::object& object, std::string_view field) {
    const auto* value = object.if_contains(field);
    if (!value || !value->is_number())
        throw std::runtime_error{fmt::format("no number «{}» in the answer", field)};
    return value->to_number<std::int64_t>();
}

// The path of the next page out of `Link: <…>; rel="next"`, which may say the whole URL; empty on the last
// page.
std::string next_page(const Reply& reply) {
    auto link = header(reply.head, "link");
    if (!link || link->find("rel=\"next\"") == std::string_view::npos) return {};
    auto path = link->find("/api/");
    auto end = link->find('>');
    if (path == std::string_view::npos || end == std::string_view::npos || end < path) return {};
    return std::string{link->substr(path, end - path)};
}

}  // namespace

HotListing::HotListing(Api& api, const HoldsOptions& options, std::string host)
    : api_(api), options_(options) {
    seller_cookie_ = sign_up(api_, run_ + "-seller@example.test");
    auto listing = fmt::format(R"({{"title":"Hot {}","price":20,"quantity":{},"maxPerOrder":10}})", run_,
                               options_.quantity);
    auto listed = api_.expect(201, "POST", "/api/tickets", seller_cookie_, listing);
    ticket_id_ = text_of(listed.json().as_object(), "id");

    auto order = fmt::format(R"({{"items":[{{"ticketId":"{}"}}]}})", ticket_id_);
    for (int buyer = 0; buyer < options_.buyers; ++buyer) {
        cookies_.push_back(sign_up(api_, fmt::format("{}-buyer{}@example.test", run_, buyer)));
    }
    Reply first;
    bool sold = wait_until(
        [&] {
            first = api_.call("POST", "/api/orders", cookies_[0], order);
            return first.status == 201;
        },
        kFirstOrderLimit);
    if (!sold)
        throw std::runtime_error{"no order for the new listing got through: " + first.body.substr(0, 300)};
    take(first.body, 0);

    auto key =
        options_.idempotency_keys ? fmt::format("Idempotency-Key: {}-{:0{}}\r\n", run_, 0, kKeyDigits) : "";
    for (const auto& cookie : cookies_) {
        auto& request =
            requests_.emplace_back(request_bytes("POST", "/api/orders", host, cookie, key, order));
        if (options_.idempotency_keys) key_at_ = request.size() - request.find(run_ + "-0") - run_.size() - 1;
    }
}

std::string_view HotListing::order_request(std::uint64_t arrival) {
    auto& request = requests_[buyer_of(arrival)];
    if (options_.idempotency_keys) {
        auto digits = request.size() - key_at_;
        fmt::format_to_n(request.begin() + static_cast<std::ptrdiff_t>(digits), kKeyDigits, "{:0{}}", arrival,
                         kKeyDigits);
    }
    return request;
}

bool HotListing::accept_order(std::uint64_t arrival, const Answer& answer) {
    if (answer.status != 201) return false;
    take(answer.body, buyer_of(arrival));
    return true;
}

void HotListing::take(std::string_view body, std::size_t buyer) {
    if (taken_.size() >= kMostTaken)
        throw std::runtime_error{"more orders than this program keeps in memory"};
    // Servers begin with the id; parsing every answer in full would cost more than all the rest.
    constexpr std::string_view beginning = R"({"id":")";
    if (body.starts_with(beginning)) {
        auto id = body.substr(beginning.size());
        taken_.push_back({std::string{id.substr(0, id.find('"'))}, buyer});
    } else {
        taken_.push_back({text_of(boost::json::parse(body).as_object(), "id"), buyer});
    }
}

std::int64_t HotListing::held_as_the_seller_sees() {
    auto mine = api_.expect(200, "GET", "/api/tickets/mine", seller_cookie_).json();
    for (const auto& listing : mine.as_array()) {
        if (text_of(listing.as_object(), "id") == ticket_id_) return number_of(listing.as_object(), "held");
    }
    throw std::runtime_error{"the seller does not see the listing"};
}

std::vector<std::string> HotListing::broken_invariants() {
    std::vector<std::string> broken;
    check_counters(broken);
    check_answered_once(broken);
    check_orders_of_a_buyer(broken);
    return broken;
}

void HotListing::check_counters(std::vector<std::string>& broken) {
    auto orders = static_cast<std::int64_t>(taken_.size());
    std::int64_t held = 0;
    bool converged =
        wait_until([&] { return (held = held_as_the_seller_sees()) == orders; }, options_.converge);
    if (!converged) {
        broken.push_back(
            fmt::format("{} orders were answered 201, but the seller sees {} held", orders, held));
    }
    auto listing = api_.expect(200, "GET", "/api/tickets/" + ticket_id_).json();
    auto available = number_of(listing.as_object(), "available");
    if (available != options_.quantity - held) {
        broken.push_back(
            fmt::format("{} of {} are held, but {} shown as available", held, options_.quantity, available));
    }
}

void HotListing::check_answered_once(std::vector<std::string>& broken) {
    std::ranges::sort(taken_, {}, &Taken::order_id);
    auto twice = std::ranges::adjacent_find(taken_, {}, &Taken::order_id);
    if (twice != taken_.end()) broken.push_back("one order was answered twice: " + twice->order_id);
}

void HotListing::check_orders_of_a_buyer(std::vector<std::string>& broken) {
    std::set<std::string> answered;
    for (const auto& taken : taken_) {
        if (taken.buyer == 0) answered.insert(taken.order_id);
    }
    std::set<std::string> listed;
    std::string path = "/api/orders?limit=100";
    while (!path.empty()) {
        auto page = api_.expect(200, "GET", path, cookies_[0]);
        for (const auto& order : page.json().as_array()) {
            if (!listed.insert(text_of(order.as_object(), "id")).second) {
                broken.push_back("a buyer's orders repeat one of them");
                return;
            }
        }
        path = next_page(page);
    }
    if (listed != answered) {
        broken.push_back(fmt::format("a buyer was answered {} orders and is shown {}, or others",
                                     answered.size(), listed.size()));
    }
}

}  // namespace stagedoor::load
