// What sellers do: they list tickets, and edit, withdraw and cancel listings while others buy.
#pragma once

#include <string>
#include <vector>

#include "simulation/model/expected_state.hpp"
#include "simulation/workload/requests.hpp"

namespace stagedoor::simulation {

struct Listing {
    std::string id;
    int seller = 0;
    std::int64_t price_cents = 0;  // as its page last showed it
};

class Selling {
  public:
    Selling(CustomerClient& requests, ExpectedState& expected)
        : requests_(requests), world_(requests.world), expected_(expected) {}

    [[nodiscard]] Task<> create_listing(Customer& seller);
    // Edits, withdraws or cancels one of the seller's own.
    [[nodiscard]] Task<> change_listing(Customer& seller);

    // In the order of creation, including those that have ended.
    [[nodiscard]] const std::vector<Listing>& listings() const { return listings_; }

  private:
    [[nodiscard]] Task<> edit(Customer& seller, std::string listing);
    // The member `picture` for a listing, of a new picture; empty half of the time, and in runs without
    // pictures.
    [[nodiscard]] Task<std::string> upload_picture(Customer& seller);

    CustomerClient& requests_;
    World& world_;
    ExpectedState& expected_;
    std::vector<Listing> listings_;
};

}  // namespace stagedoor::simulation
