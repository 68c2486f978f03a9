#include "bench/load/hot_listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace stagedoor::load {
namespace {

constexpr std::size_t key_digits = 12;
constexpr std::size_t max_orders = 2'000'000;

}  // namespace

HotListing::HotListing(Api& api, const HoldsOptions& options, std::string host)
    : api_(api), options_(options) {
    seller_cookie_ = sign_up(api_, run_ + "-seller@example.test");
    ticket_id_ = put_on_sale(api_, seller_cookie_, "Hot " + run_, "20", options_.quantity);
    cookies_ = sign_up_buyers(api_, run_, options_.buyers);
    auto order = order_of_one(ticket_id_);
    add_order(api_.expect_soon(201, "POST", "/api/orders", cookies_[0], order).body, 0);

    auto key =
        options_.idempotency_keys ? fmt::format("Idempotency-Key: {}-{:0{}}\r\n", run_, 0, key_digits) : "";
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
        fmt::format_to_n(request.begin() + static_cast<std::ptrdiff_t>(digits), key_digits, "{:0{}}", arrival,
                         key_digits);
    }
    return request;
}

bool HotListing::accept_order(std::uint64_t arrival, const Response& response) {
    if (response.status != 201) return false;
    add_order(response.body, buyer_of(arrival));
    return true;
}

void HotListing::add_order(std::string_view body, std::size_t buyer) {
    if (orders_.size() >= max_orders)
        throw std::runtime_error{"more orders than this program can keep in memory"};
    orders_.push_back({id_in(body), buyer});
}

std::int64_t HotListing::held_according_to_seller() {
    auto mine = api_.expect(200, "GET", "/api/tickets/mine", seller_cookie_).json();
    for (const auto& listing : mine.as_array()) {
        if (text_of(listing.as_object(), "id") == ticket_id_) return number_of(listing.as_object(), "held");
    }
    throw std::runtime_error{"the seller cannot see the listing"};
}

Verification HotListing::verify() {
    Verification verification;
    check_counters(verification);
    check_each_order_once(orders_, verification.violations);
    check_orders_of_first_buyer(verification.violations);
    return verification;
}

void HotListing::check_counters(Verification& verification) {
    auto orders = static_cast<std::int64_t>(orders_.size());
    std::int64_t held = 0;
    verification.converged =
        wait_until([&] { return (held = held_according_to_seller()) == orders; }, options_.converge);
    if (!verification.converged) {
        verification.violations.push_back(
            fmt::format("{} orders were confirmed, but the seller sees {} held", orders, held));
    }
    auto listing = api_.expect(200, "GET", "/api/tickets/" + ticket_id_).json();
    auto available = number_of(listing.as_object(), "available");
    if (available != options_.quantity - held) {
        verification.violations.push_back(
            fmt::format("{} of {} are held, but {} are available", held, options_.quantity, available));
    }
}

void HotListing::check_orders_of_first_buyer(std::vector<std::string>& violations) {
    auto confirmed = orders_of(0, orders_);
    std::vector<std::string> listed;
    for (const auto& order : all_pages(api_, "/api/orders?limit=100", cookies_[0])) {
        listed.push_back(text_of(order, "id"));
    }
    std::ranges::sort(listed);
    if (listed != confirmed) {
        violations.push_back(fmt::format("a buyer has {} confirmed orders but sees {}, or different ones",
                                         confirmed.size(), listed.size()));
    }
}

}  // namespace stagedoor::load
