// One listing that all buyers order: its seller, its buyers, their orders, and the final check that the
// server counted every confirmed order exactly once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/marketplace.hpp"
#include "bench/load/open_loop.hpp"
#include "bench/load/scenarios.hpp"

namespace stagedoor::load {

class HotListing {
  public:
    // Signs up all users, lists the ticket, and waits until a first order succeeds.
    HotListing(Api& api, const HoldsOptions& options, std::string host);

    const std::string& ticket_id() const { return ticket_id_; }

    std::string_view order_request(std::uint64_t arrival);
    bool accept_order(std::uint64_t arrival, const Response& response);

    // Checks the invariants through the API, waiting for the projections to converge.
    Verification verify();

  private:
    std::size_t buyer_of(std::uint64_t arrival) const { return arrival % cookies_.size(); }
    void add_order(std::string_view body, std::size_t buyer);
    std::int64_t held_according_to_seller();
    void check_counters(Verification& verification);
    void check_orders_of_first_buyer(std::vector<std::string>& violations);

    Api& api_;
    HoldsOptions options_;
    std::string run_ = fresh_run_name();
    std::string seller_cookie_;
    std::string ticket_id_;
    std::vector<std::string> cookies_;   // by buyer
    std::vector<std::string> requests_;  // by buyer, the bytes to send
    std::size_t key_at_ = 0;             // position of the Idempotency-Key's digits, counted from the end
    std::vector<ConfirmedOrder> orders_;
};

}  // namespace stagedoor::load
