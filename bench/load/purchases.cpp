#include "bench/load/purchases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace stagedoor::load {
namespace {

constexpr int tickets_per_listing = 1'000'000;  // no listing sells out

std::string payment_for(std::string_view order_id) {
    return fmt::format(R"({{"orderId":"{}","token":"tok_visa"}})", order_id);
}

}  // namespace

Purchases::Purchases(Api& api, const PurchasesOptions& options, std::string host)
    : api_(api), options_(options), host_(std::move(host)) {
    auto run = fresh_run_name();
    for (int seller = 0; seller < options_.sellers; ++seller) {
        auto cookie = sign_up(api_, fmt::format("{}-seller{}@example.test", run, seller));
        for (int i = 0; i < options_.listings; ++i) {
            auto price = std::ssize(listings_) + 20;  // no two alike
            auto title = fmt::format("Night {} of {}", std::ssize(listings_), run);
            auto ticket_id = put_on_sale(api_, cookie, title, std::to_string(price), tickets_per_listing);
            listings_.push_back({std::move(ticket_id), sellers_.size(), price, 0});
        }
        sellers_.push_back(std::move(cookie));
    }
    buyers_ = sign_up_buyers(api_, run, options_.buyers);
    for (std::size_t listing = 0; listing < listings_.size(); ++listing) {
        auto order = order_of_one(listings_[listing].ticket_id);
        auto order_id = id_in(api_.expect_soon(201, "POST", "/api/orders", buyers_[0], order).body);
        api_.expect_soon(201, "POST", "/api/payments", buyers_[0], payment_for(order_id));
        paid(std::move(order_id), 0, listing);
    }
}

std::string_view Purchases::request(std::uint64_t arrival) {
    return post("/api/orders", buyer_of(arrival), order_of_one(listings_[listing_of(arrival)].ticket_id));
}

Next Purchases::next(std::uint64_t arrival, const Response& response) {
    auto order = unpaid_.extract(arrival);
    if (response.status != 201) return {};
    if (order) {
        paid(std::move(order.mapped()), buyer_of(arrival), listing_of(arrival));
        return {.accepted = true};
    }
    auto order_id = id_in(response.body);
    auto payment = payment_for(order_id);
    unpaid_.emplace(arrival, std::move(order_id));
    return {.accepted = true, .request = post("/api/payments", buyer_of(arrival), payment)};
}

std::size_t Purchases::listing_of(std::uint64_t arrival) const {
    return arrival % 2 == 0 ? 0 : arrival / 2 % listings_.size();
}

std::string_view Purchases::post(std::string_view path, std::size_t buyer, std::string_view body) {
    return request_ = request_bytes("POST", path, host_, buyers_[buyer], "", body);
}

void Purchases::paid(std::string order_id, std::size_t buyer, std::size_t listing) {
    paid_.push_back({std::move(order_id), buyer});
    ++listings_[listing].sold;
}

// A sale visible to its seller was paid and completed, and the events were handled. Once all sales are
// visible the projections have converged.
Verification Purchases::verify() {
    Verification verification;
    verification.converged = wait_until(
        [&] { return (verification.violations = find_seller_discrepancies()).empty(); }, options_.converge);
    check_each_order_once(paid_, verification.violations);
    for (std::size_t buyer = 0; buyer < buyers_.size(); ++buyer) check_orders(buyer, verification.violations);
    return verification;
}

std::vector<std::string> Purchases::find_seller_discrepancies() {
    std::vector<std::string> discrepancies;
    for (std::size_t seller = 0; seller < sellers_.size(); ++seller) {
        check_counters(seller, discrepancies);
        check_balance(seller, discrepancies);
    }
    return discrepancies;
}

void Purchases::check_counters(std::size_t seller, std::vector<std::string>& discrepancies) {
    auto mine = all_pages(api_, "/api/tickets/mine?limit=100", sellers_[seller]);
    for (const auto& listing : listings_) {
        if (listing.seller != seller) continue;
        auto found =
            std::ranges::find(mine, listing.ticket_id, [](const auto& each) { return text_of(each, "id"); });
        if (found == mine.end()) {
            discrepancies.push_back("a seller cannot see the listing " + listing.ticket_id);
            continue;
        }
        auto sold = number_of(*found, "sold"), held = number_of(*found, "held");
        auto available = number_of(*found, "available"), earned = cents_of(*found, "earned");
        if (sold == listing.sold && held == 0 && available == tickets_per_listing - sold &&
            earned == sold * listing.price * 100) {
            continue;
        }
        discrepancies.push_back(
            fmt::format("{} tickets at {} were paid for, but the seller sees {} sold for {} cents, {} "
                        "held, {} of {} available",
                        listing.sold, listing.price, sold, earned, held, available, tickets_per_listing));
    }
}

void Purchases::check_balance(std::size_t seller, std::vector<std::string>& discrepancies) {
    std::int64_t expected = 0;
    for (const auto& listing : listings_) {
        if (listing.seller == seller) expected += listing.sold * listing.price * 100;
    }
    std::int64_t sold = 0, refunded = 0, fees = 0, balance = 0;
    for (const auto& in_currency : all_pages(api_, "/api/payments/balance", sellers_[seller])) {
        sold += cents_of(in_currency, "sold");
        refunded += cents_of(in_currency, "refunded");
        fees += cents_of(in_currency, "fees");
        balance += cents_of(in_currency, "balance");
    }
    if (sold == expected && refunded == 0 && balance == expected - fees) return;
    discrepancies.push_back(
        fmt::format("a seller's balance is {} cents instead of {} less fees: {} sold, {} fees, {} refunded",
                    balance, expected, sold, fees, refunded));
}

void Purchases::check_orders(std::size_t buyer, std::vector<std::string>& violations) {
    auto confirmed = orders_of(buyer, paid_);
    std::vector<std::string> complete;
    auto orders = all_pages(api_, "/api/orders?limit=100", buyers_[buyer]);
    for (const auto& order : orders) {
        if (text_of(order, "status") == "complete") complete.push_back(text_of(order, "id"));
    }
    std::ranges::sort(complete);
    if (complete == confirmed && orders.size() == complete.size()) return;
    violations.push_back(fmt::format("a buyer paid for {} orders but sees {}, {} of them complete",
                                     confirmed.size(), orders.size(), complete.size()));
}

}  // namespace stagedoor::load
