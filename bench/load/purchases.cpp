#include "bench/load/purchases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace stagedoor::load {
namespace {

constexpr int kQuantity = 1'000'000;  // of each listing: none sells out

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
            auto ticket_id = put_on_sale(api_, cookie, title, std::to_string(price), kQuantity);
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

Next Purchases::next(std::uint64_t arrival, const Answer& answer) {
    auto order = unpaid_.extract(arrival);
    if (answer.status != 201) return {};
    if (order) {
        paid(std::move(order.mapped()), buyer_of(arrival), listing_of(arrival));
        return {.accepted = true};
    }
    auto order_id = id_in(answer.body);
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

// A sale that its seller sees has been paid, completed and told, so with all of them seen the copies agree.
Proof Purchases::prove() {
    Proof proof;
    proof.converged =
        wait_until([&] { return (proof.broken = what_sellers_see_wrong()).empty(); }, options_.converge);
    check_answered_once(paid_, proof.broken);
    for (std::size_t buyer = 0; buyer < buyers_.size(); ++buyer) check_orders(buyer, proof.broken);
    return proof;
}

std::vector<std::string> Purchases::what_sellers_see_wrong() {
    std::vector<std::string> wrong;
    for (std::size_t seller = 0; seller < sellers_.size(); ++seller) {
        check_counters(seller, wrong);
        check_balance(seller, wrong);
    }
    return wrong;
}

void Purchases::check_counters(std::size_t seller, std::vector<std::string>& wrong) {
    auto mine = all_pages(api_, "/api/tickets/mine?limit=100", sellers_[seller]);
    for (const auto& listing : listings_) {
        if (listing.seller != seller) continue;
        auto shown =
            std::ranges::find(mine, listing.ticket_id, [](const auto& each) { return text_of(each, "id"); });
        if (shown == mine.end()) {
            wrong.push_back("a seller does not see the listing " + listing.ticket_id);
            continue;
        }
        auto sold = number_of(*shown, "sold"), held = number_of(*shown, "held");
        auto available = number_of(*shown, "available"), earned = cents_of(*shown, "earned");
        if (sold == listing.sold && held == 0 && available == kQuantity - sold &&
            earned == sold * listing.price * 100) {
            continue;
        }
        wrong.push_back(
            fmt::format("{} of a listing at {} were paid for, but its seller sees {} sold for {} cents, {} "
                        "held, {} of {} available",
                        listing.sold, listing.price, sold, earned, held, available, kQuantity));
    }
}

void Purchases::check_balance(std::size_t seller, std::vector<std::string>& wrong) {
    std::int64_t due = 0;
    for (const auto& listing : listings_) {
        if (listing.seller == seller) due += listing.sold * listing.price * 100;
    }
    std::int64_t sold = 0, refunded = 0, fees = 0, balance = 0;
    for (const auto& in_currency : all_pages(api_, "/api/payments/balance", sellers_[seller])) {
        sold += cents_of(in_currency, "sold");
        refunded += cents_of(in_currency, "refunded");
        fees += cents_of(in_currency, "fees");
        balance += cents_of(in_currency, "balance");
    }
    if (sold == due && refunded == 0 && balance == due - fees) return;
    wrong.push_back(
        fmt::format("{} cents are due to a seller, whose balance says {}: {} sold, {} fees, {} refunded", due,
                    balance, sold, fees, refunded));
}

void Purchases::check_orders(std::size_t buyer, std::vector<std::string>& broken) {
    auto answered = orders_of(buyer, paid_);
    std::vector<std::string> complete;
    auto orders = all_pages(api_, "/api/orders?limit=100", buyers_[buyer]);
    for (const auto& order : orders) {
        if (text_of(order, "status") == "complete") complete.push_back(text_of(order, "id"));
    }
    std::ranges::sort(complete);
    if (complete == answered && orders.size() == complete.size()) return;
    broken.push_back(fmt::format("a buyer paid for {} orders and is shown {}, {} of them complete",
                                 answered.size(), orders.size(), complete.size()));
}

}  // namespace stagedoor::load
