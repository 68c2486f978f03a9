// Buyers order one ticket each and pay for it, from a hot listing and the listings of several sellers. At the
// end checks that every buyer was served and every seller credited exactly once.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/load/marketplace.hpp"
#include "bench/load/open_loop.hpp"
#include "bench/load/scenarios.hpp"

namespace stagedoor::load {

class Purchases : public Traffic {
  public:
    // Signs up all users, puts the tickets on sale and buys one of each, so that every service knows them.
    Purchases(Api& api, const PurchasesOptions& options, std::string host);

    std::string_view request(std::uint64_t arrival) override;
    Next next(std::uint64_t arrival, const Response& response) override;

    // Checks the invariants through the API, waiting for the projections to converge.
    Verification verify();

  private:
    struct Listing {
        std::string ticket_id;
        std::size_t seller;
        std::int64_t price;  // dollars
        std::int64_t sold;   // confirmed purchases
    };

    std::size_t buyer_of(std::uint64_t arrival) const { return arrival % buyers_.size(); }
    std::size_t listing_of(std::uint64_t arrival) const;
    std::string_view post(std::string_view path, std::size_t buyer, std::string_view body);
    void paid(std::string order_id, std::size_t buyer, std::size_t listing);

    std::vector<std::string> find_seller_discrepancies();
    void check_counters(std::size_t seller, std::vector<std::string>& discrepancies);
    void check_balance(std::size_t seller, std::vector<std::string>& discrepancies);
    void check_orders(std::size_t buyer, std::vector<std::string>& violations);

    Api& api_;
    PurchasesOptions options_;
    std::string host_;
    std::vector<std::string> sellers_, buyers_;              // their sessions
    std::vector<Listing> listings_;                          // the first one is the hot one
    std::unordered_map<std::uint64_t, std::string> unpaid_;  // order id by arrival
    std::vector<ConfirmedOrder> paid_;
    std::string request_;  // the last one sent
};

}  // namespace stagedoor::load
