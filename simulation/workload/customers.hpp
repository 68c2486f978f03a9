// The workload: three sellers, eight buyers, two visitors without an account, and in many runs four phones at
// doors. They use the marketplace until a run's time is up.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "simulation/model/expected_state.hpp"
#include "simulation/workload/accounts.hpp"
#include "simulation/workload/browsing.hpp"
#include "simulation/workload/buying.hpp"
#include "simulation/workload/doors.hpp"
#include "simulation/workload/requests.hpp"
#include "simulation/workload/selling.hpp"

namespace stagedoor::simulation {

class Customers {
  public:
    struct Plan {
        int sellers = 3, buyers = 8, visitors = 2, phones = 4;
        std::set<int> absent;  // by number: sellers, then buyers, visitors and phones
        Duration until{};
    };
    Customers(Marketplace& marketplace, Plan plan);

    void start();
    // Of all customers, including absent ones.
    [[nodiscard]] int count() const { return first_phone() + plan_.phones; }
    [[nodiscard]] std::vector<std::string> machines() const;
    [[nodiscard]] bool are_done() const { return active_ == 0 && doors_.are_done(); }

    ExpectedState expected;
    [[nodiscard]] const CustomerClient& requests() const { return requests_; }

    // Wrong pages found since the last call.
    [[nodiscard]] std::vector<std::string> wrong_pages() { return browsing_.violations(); }

    // Who was let in, and who should not have been.
    [[nodiscard]] AdmissionLog& admissions() { return doors_.log; }

    // Adds ended sessions that are still accepted, and customers who can't sign in, to `found`; then calls
    // `done`.
    void check_accounts(std::vector<std::string>& found, std::function<void()> done);

  private:
    [[nodiscard]] bool is_time_up() const { return world_.now() >= plan_.until; }
    [[nodiscard]] bool is_seller(const Customer& customer) const { return customer.number < plan_.sellers; }
    [[nodiscard]] int first_phone() const { return count_with_account() + plan_.visitors; }
    [[nodiscard]] int count_with_account() const { return plan_.sellers + plan_.buyers; }
    [[nodiscard]] Task<> run(Customer& customer);
    [[nodiscard]] Task<> run_visitor(Customer& visitor);
    [[nodiscard]] Task<> act(Customer& customer);
    [[nodiscard]] Task<> manage_account(Customer& customer);
    [[nodiscard]] Task<> use_tickets(Customer& customer);
    [[nodiscard]] Task<> check_all_accounts(std::vector<std::string>& found);

    Marketplace& marketplace_;
    World& world_;
    Plan plan_;
    CustomerClient requests_;
    Accounts accounts_;
    Selling selling_;
    Buying buying_;
    Browsing browsing_;
    Doors doors_;
    const bool has_doors_;
    std::vector<std::unique_ptr<Customer>> all_, visitors_;
    int active_ = 0;
};

}  // namespace stagedoor::simulation
