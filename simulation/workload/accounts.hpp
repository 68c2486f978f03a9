// What people do with their accounts: they come in and go, confirm their address, change their password or forget it. Whoever
// does so is promised that sessions of before have ended.
#pragma once

#include <string>
#include <vector>

#include "simulation/model/expected_state.hpp"
#include "simulation/workload/requests.hpp"

namespace stagedoor::simulation {

class Accounts {
  public:
    Accounts(Asking& asking, Promises& promises)
        : asking_(asking), marketplace_(asking.marketplace), promises_(promises) {}

    // As a new user, or as who they are already.
    [[nodiscard]] Task<> come_in(Person& person);
    [[nodiscard]] Task<> sign_out(Person& person);
    [[nodiscard]] Task<> confirm_address(Person& person);
    [[nodiscard]] Task<> change_password(Person& person);
    // By a link that is mailed.
    [[nodiscard]] Task<> reset_password(Person& person);

    // Asks every copy that knows sessions with the tokens of those that were ended; adds what is not refused to `found`.
    [[nodiscard]] Task<> try_ended_sessions(std::vector<std::string>& found);
    // Adds those who can't sign in with any password that may be theirs.
    [[nodiscard]] Task<> try_passwords(Person& person, std::vector<std::string>& found);

  private:
    [[nodiscard]] Task<> sign_in(Person& person);
    [[nodiscard]] std::string new_password() { return fmt::format("an unusual password {}", ++passwords_); }
    void note_new_password(Person& person, const Reply& reply, const std::string& password);
    void note_sign_in(Person& person, const Reply& reply, const std::string& password);
    void note_session(Person& person, const Reply& reply);

    Asking& asking_;
    Marketplace& marketplace_;
    Promises& promises_;
    std::vector<std::string> ended_sessions_;
    int passwords_ = 0;
};

}  // namespace stagedoor::simulation
