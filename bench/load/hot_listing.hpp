// One listing that everybody wants: its seller, its buyers, their orders, and the proof at the end that the
// server counted every answer once.
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
    // Signs everybody up, lists the ticket, and waits until a first order for it is answered 201.
    HotListing(Api& api, const HoldsOptions& options, std::string host);

    const std::string& ticket_id() const { return ticket_id_; }

    std::string_view order_request(std::uint64_t arrival);
    bool accept_order(std::uint64_t arrival, const Answer& answer);

    // Asks the server, waiting for the copies to converge.
    Proof prove();

  private:
    std::size_t buyer_of(std::uint64_t arrival) const { return arrival % cookies_.size(); }
    void take(std::string_view body, std::size_t buyer);
    std::int64_t held_as_the_seller_sees();
    void check_counters(Proof& proof);
    void check_orders_of_a_buyer(std::vector<std::string>& broken);

    Api& api_;
    HoldsOptions options_;
    std::string run_ = fresh_run_name();
    std::string seller_cookie_;
    std::string ticket_id_;
    std::vector<std::string> cookies_;   // by buyer
    std::vector<std::string> requests_;  // by buyer, as they go over the wire
    std::size_t key_at_ = 0;  // where the digits of the Idempotency-Key stand, counted from the end
    std::vector<Answered> taken_;
};

}  // namespace stagedoor::load
