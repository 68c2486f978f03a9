// What customers do with their accounts: sign up, in and out, confirm the email address, change or reset the
// password, choose a name. Signing out, a new password and a reset end sessions, which is checked at the end
// of a run.
#pragma once

#include <string>
#include <vector>

#include "common/runtime/random.hpp"
#include "simulation/model/expected_state.hpp"
#include "simulation/workload/requests.hpp"

namespace stagedoor::simulation {

class Accounts {
  public:
    Accounts(CustomerClient& requests, ExpectedState& expected)
        : requests_(requests), marketplace_(requests.marketplace), expected_(expected) {}

    [[nodiscard]] Task<> sign_up_or_in(Customer& customer);
    [[nodiscard]] Task<> sign_out(Customer& customer);
    [[nodiscard]] Task<> confirm_email(Customer& customer);
    [[nodiscard]] Task<> change_password(Customer& customer);
    // By the emailed link.
    [[nodiscard]] Task<> reset_password(Customer& customer);
    // Whether the customer changes their name now. Uses its own random stream, so that it shifts no other
    // decision.
    [[nodiscard]] bool wants_another_name() { return names_.below(4) == 0; }
    // The name that buyers see, or none.
    [[nodiscard]] Task<> choose_name(Customer& customer);

    // Sends the tokens of ended sessions to every replica that checks sessions; adds those that are accepted
    // to `found`.
    [[nodiscard]] Task<> check_ended_sessions(std::vector<std::string>& found);
    // Adds the customer to `found` if no password that may be valid works.
    [[nodiscard]] Task<> check_passwords(Customer& customer, std::vector<std::string>& found);

  private:
    [[nodiscard]] Task<> sign_in(Customer& customer);
    [[nodiscard]] std::string new_password() { return fmt::format("an unusual password {}", ++passwords_); }
    void record_new_password(Customer& customer, const Response& response, const std::string& password);
    void record_sign_in(Customer& customer, const Response& response, const std::string& password);
    void record_session(Customer& customer, const Response& response);

    CustomerClient& requests_;
    Marketplace& marketplace_;
    ExpectedState& expected_;
    std::vector<std::string> ended_sessions_;
    int passwords_ = 0;
    runtime::SeededRandom names_{1};
};

}  // namespace stagedoor::simulation
