// What buyers do: they compete for the same tickets, submit twice, abandon or cancel orders, also during
// payment, pay at the last moment, and return tickets.
#pragma once

#include <string>
#include <vector>

#include "simulation/model/expected_state.hpp"
#include "simulation/workload/requests.hpp"
#include "simulation/workload/selling.hpp"

namespace stagedoor::simulation {

class Buying {
  public:
    Buying(CustomerClient& requests, ExpectedState& expected, const Selling& selling)
        : requests_(requests), world_(requests.world), expected_(expected), selling_(selling) {}

    // Places one order and pays, cancels or abandons it.
    [[nodiscard]] Task<> buy(Customer& buyer);

  private:
    struct Item {
        std::string ticket;
        int quantity = 1;
        std::int64_t seen_cents = 0;  // the price to confirm; 0: whatever it is
    };
    [[nodiscard]] static std::int64_t total_of(const std::vector<Item>& items);
    [[nodiscard]] Task<> finish(Customer& buyer, std::string order, Instant expires_at);
    [[nodiscard]] Task<> return_tickets(Customer buyer, std::string order, std::string ticket);
    [[nodiscard]] Task<> pay(Customer buyer, std::string order);
    [[nodiscard]] Task<> pay_once(Customer buyer, std::string order, std::string token, std::string key);

    [[nodiscard]] std::vector<Item> choose_items();
    [[nodiscard]] http::Request order_request(const std::vector<Item>& items, const std::string& key);
    [[nodiscard]] http::Request cancel_request(const std::string& order);
    [[nodiscard]] http::Request payment_request(const std::string& order, const std::string& token,
                                                const std::string& key);

    CustomerClient& requests_;
    World& world_;
    ExpectedState& expected_;
    const Selling& selling_;
};

}  // namespace stagedoor::simulation
