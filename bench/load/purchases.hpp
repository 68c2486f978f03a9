// Buyers who take one ticket and pay for it, of several sellers' listings and of a hot one, and the proof at
// the end that each of them was served, and each seller credited, once.
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
    // Signs everybody up, puts the tickets on sale, and buys one of each, so that every service knows them.
    Purchases(Api& api, const PurchasesOptions& options, std::string host);

    std::string_view request(std::uint64_t arrival) override;
    Next next(std::uint64_t arrival, const Answer& answer) override;

    // Asks the server, waiting for the copies to converge.
    Proof prove();

  private:
    struct Listing {
        std::string ticket_id;
        std::size_t seller;
        std::int64_t price;  // dollars
        std::int64_t sold;   // purchases answered 201
    };

    std::size_t buyer_of(std::uint64_t arrival) const { return arrival % buyers_.size(); }
    std::size_t listing_of(std::uint64_t arrival) const;
    std::string_view post(std::string_view path, std::size_t buyer, std::string_view body);
    void paid(std::string order_id, std::size_t buyer, std::size_t listing);

    std::vector<std::string> what_sellers_see_wrong();
    void check_counters(std::size_t seller, std::vector<std::string>& wrong);
    void check_balance(std::size_t seller, std::vector<std::string>& wrong);
    void check_orders(std::size_t buyer, std::vector<std::string>& broken);

    Api& api_;
    PurchasesOptions options_;
    std::string host_;
    std::vector<std::string> sellers_, buyers_;              // their sessions
    std::vector<Listing> listings_;                          // the hot one is the first
    std::unordered_map<std::uint64_t, std::string> unpaid_;  // by arrival, its order
    std::vector<Answered> paid_;
    std::string request_;  // the last one
};

}  // namespace stagedoor::load
