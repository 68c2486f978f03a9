// Who uses the marketplace: sellers who edit and withdraw while others buy, buyers who come all at once, click twice, give up,
// come back, and pay at the last moment. They ask the services' own routes, as through a gateway.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/simulate/marketplace.hpp"
#include "apps/simulate/promises.hpp"
#include "common/json/value.hpp"

namespace stagedoor::simulate {

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
    std::int64_t requests = 0, unanswered = 0, refused = 0;

    // Asks every copy that knows sessions with the tokens of those that were ended; what is not refused is added to
    // `found`, and then `done` is called.
    void try_ended_sessions(std::vector<std::string>& found, std::function<void()> done);

  private:
    struct Reply {
        int status = 0;  // 0: there was no answer
        std::string body, cookie;
        [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
        // Nobody knows whether it was done.
        [[nodiscard]] bool is_unknown() const { return status == 0 || status >= 500; }
        [[nodiscard]] std::string at(std::string_view member) const;
    };
    struct Person {
        int number = 0;
        std::string email, id, token, address;
    };
    struct Question {
        http::Method method = http::Method::get;
        std::string path, body, key;
    };
    struct Listing {
        std::string id;
        int seller = 0;
    };

    [[nodiscard]] Task<Reply> ask(const Person& person, Question question);
    [[nodiscard]] Task<Reply> ask_through_gateway(const Person& person, const Question& question);
    [[nodiscard]] bool is_online(const Person& person) const;
    // Again and again, as long as nobody knows.
    [[nodiscard]] Task<Reply> insist(const Person& person, Question question);
    [[nodiscard]] Task<> pause(std::chrono::milliseconds least, std::chrono::milliseconds most);
    [[nodiscard]] bool is_over() const { return world_.now() >= habits_.until; }

    [[nodiscard]] Task<int> status_at(std::string machine, std::string path, std::string token);
    [[nodiscard]] Task<> try_all_ended(std::vector<std::string>& found);
    [[nodiscard]] Task<> live(int number);
    [[nodiscard]] Task<> come_in(Person& person);
    [[nodiscard]] Task<> sign_out_and_in(Person& person);
    [[nodiscard]] Task<> look_around(Person& person);
    [[nodiscard]] Task<> sell(Person& person);
    [[nodiscard]] Task<> change_a_listing(Person& person);
    [[nodiscard]] Task<> buy(Person& person);
    [[nodiscard]] Task<> decide(Person& person, std::string order, Instant expires_at);
    [[nodiscard]] Task<> pay(Person person, std::string order);
    [[nodiscard]] Task<> pay_once(Person person, std::string order, std::string token, std::string key);
    [[nodiscard]] std::string basket();
    [[nodiscard]] std::string new_key() { return fmt::format("{:x}", world_.new_seed()); }

    Marketplace& marketplace_;
    World& world_;
    Habits habits_;
    std::shared_ptr<Life> life_;
    LifeClock clock_;
    runtime::Executor executor_;
    int present_ = 0;
    std::vector<Listing> listings_;
    std::vector<std::string> ended_sessions_;
};

}  // namespace stagedoor::simulate
