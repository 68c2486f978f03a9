// Who uses the marketplace: sellers who edit and withdraw while others buy, buyers who come all at once, click twice, give up,
// come back, and pay at the last moment.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "simulation/model/expected_state.hpp"
#include "simulation/workload/accounts.hpp"
#include "simulation/workload/requests.hpp"

namespace stagedoor::simulation {

class People {
  public:
    struct Habits {
        int sellers = 3, buyers = 8;
        std::set<int> absent;  // by number; sellers first
        Duration until{};
    };
    People(Marketplace& marketplace, Habits habits);

    // They begin.
    void start();
    [[nodiscard]] int count() const { return habits_.sellers + habits_.buyers; }
    // Those of all, also of who is absent.
    [[nodiscard]] std::vector<std::string> machines() const;
    [[nodiscard]] bool are_gone() const { return present_ == 0; }

    Promises promises;
    [[nodiscard]] const Asking& asking() const { return asking_; }

    // Adds to `found` which sessions that were ended are not refused, and who can't sign in; then calls `done`.
    void try_sessions_and_passwords(std::vector<std::string>& found, std::function<void()> done);

  private:
    struct Listing {
        std::string id;
        int seller = 0;
    };
    struct Wanted {
        std::string ticket;
        int quantity = 1;
    };

    [[nodiscard]] bool is_over() const { return world_.now() >= habits_.until; }
    [[nodiscard]] Task<> live(Person& person);
    [[nodiscard]] Task<> go_on(Person& person);
    [[nodiscard]] Task<> see_to_account(Person& person);
    [[nodiscard]] Task<> look_around(Person& person);
    [[nodiscard]] Task<> sell(Person& person);
    [[nodiscard]] Task<> change_a_listing(Person& person);
    [[nodiscard]] Task<> buy(Person& person);
    [[nodiscard]] Task<> decide(Person& person, std::string order, Instant expires_at);
    [[nodiscard]] Task<> pay(Person person, std::string order);
    [[nodiscard]] Task<> pay_once(Person person, std::string order, std::string token, std::string key);
    [[nodiscard]] Task<> try_all(std::vector<std::string>& found);

    [[nodiscard]] std::vector<Wanted> basket();
    [[nodiscard]] Question to_hold(const std::vector<Wanted>& wanted, const std::string& key);
    [[nodiscard]] Question to_cancel(const std::string& order);
    [[nodiscard]] Question to_pay(const std::string& order, const std::string& token, const std::string& key);
    // By a page, rather than the API.
    [[nodiscard]] bool uses_form() { return world_.chance(0.3); }
    [[nodiscard]] bool is_seller(const Person& person) const { return person.number < habits_.sellers; }
    [[nodiscard]] std::string new_key() { return fmt::format("{:x}", world_.new_seed()); }

    Marketplace& marketplace_;
    World& world_;
    Habits habits_;
    Asking asking_;
    Accounts accounts_;
    std::vector<std::unique_ptr<Person>> all_;
    int present_ = 0;
    std::vector<Listing> listings_;
};

}  // namespace stagedoor::simulation
