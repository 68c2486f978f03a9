// How people ask the marketplace: the services' own routes and the client's pages, as through a gateway that knows all copies
// and not which of them are alive.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulation/servers/marketplace.hpp"

namespace stagedoor::simulation {

struct Person {
    int number = 0;
    std::string email, address;          // of the machine, too
    std::string id, token;               // empty: not signed in
    std::vector<std::string> tokens;     // of sessions that may go on
    std::string password;                // with which the last sign-in succeeded
    std::vector<std::string> passwords;  // that may count: several while nobody knows
    std::string last_link;               // to reset it, that was used
};

struct Question {
    http::Method method = http::Method::get;
    std::string path, body, key = {};
    bool is_form = false;  // of a page
};

// A form as a browser sends it.
[[nodiscard]] Question form_at(std::string path,
                               const std::vector<std::pair<std::string_view, std::string>>& fields);

struct Reply {
    int status = 0;  // 0: there was no answer
    std::string body, cookie, location;

    // A form that was taken is answered with where to look.
    [[nodiscard]] bool ok() const {
        return (status >= 200 && status < 300) || location.find("?done=") != std::string::npos;
    }
    // Nobody knows whether it was done.
    [[nodiscard]] bool is_unknown() const { return status == 0 || status >= 500; }
    [[nodiscard]] std::string at(std::string_view member) const;
    // Of what was made, by a form or not.
    [[nodiscard]] std::string id() const;
    // Of the session that it begins; empty when it begins none.
    [[nodiscard]] std::string token() const;
};

class Asking {
  public:
    explicit Asking(Marketplace& marketplace);

    // Who is told not to be signed in forgets the token.
    [[nodiscard]] Task<Reply> ask(Person& person, Question question);
    // Again and again, as long as nobody knows.
    [[nodiscard]] Task<Reply> insist(Person& person, Question question);
    // Of one copy's answer; 0: there was none.
    [[nodiscard]] Task<int> status_at(std::string machine, std::string path, std::string token);
    [[nodiscard]] Task<> pause(std::chrono::milliseconds least, std::chrono::milliseconds most);

    std::int64_t requests = 0, unanswered = 0;
    Marketplace& marketplace;
    World& world;
    LifeClock clock;
    runtime::Executor executor;

  private:
    explicit Asking(Marketplace& marketplace, std::shared_ptr<Life> life);
    [[nodiscard]] bool is_online(const Person& person) const;
    [[nodiscard]] Task<Reply> ask_through_gateway(const Person& person, const Question& question);

    std::shared_ptr<Life> life_;
};

}  // namespace stagedoor::simulation
