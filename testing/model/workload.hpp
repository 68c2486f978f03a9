// People who use a marketplace all the time, whatever happens to it: they look, sell, hold and pay, repeat what got no
// answer, and count.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "testing/model/customers.hpp"
#include "testing/model/expected_state.hpp"

namespace stagedoor::testing {

enum class Doing { page, search, list, hold, pay };
inline constexpr std::array all_doings{Doing::page, Doing::search, Doing::list, Doing::hold, Doing::pay};
[[nodiscard]] std::string_view to_text(Doing doing);

struct Tries {
    long done = 0;         // 2xx, and refusals for a reason: sold out, declined
    long unavailable = 0;  // 5xx
    long unanswered = 0;
    [[nodiscard]] long failed() const { return unavailable + unanswered; }
};

class Traffic {
  public:
    // Signs them up and puts some tickets on sale; then they begin.
    Traffic(std::string url, int buyers, int sellers, std::uint64_t seed);
    // Waits for the last answers.
    ~Traffic();

    // Returns when nobody asks for anything any more, and nothing is left without an answer that will be had: what is,
    // is repeated for so long. Fails the test for what gets none.
    void pause(std::chrono::milliseconds limit);
    void resume();

    // From now on it is counted anew, and looked out for the first success of each kind.
    void mark();
    [[nodiscard]] Tries since_mark(Doing doing) const;
    // Waits until each kind has succeeded at a request made after the mark; how long after it that was. nullopt when
    // `limit` is over first.
    [[nodiscard]] std::optional<std::chrono::milliseconds> recovered(std::chrono::milliseconds limit) const;

    // What was promised since the beginning.
    Answers answers;

  private:
    using Ticks = std::chrono::steady_clock;
    struct Request {
        std::string key, body;
        std::string order = {};  // of a payment
    };
    struct Person {
        User user;
        std::mt19937_64 random;
        std::vector<Request> open;  // got no answer yet
    };
    struct Kind {
        std::atomic<long> done = 0, unavailable = 0, unanswered = 0;
        std::atomic<Ticks::rep> first_success = 0;
    };

    void run(Person& person, void (Traffic::*turn)(Person&));
    void buy(Person& person);
    void sell(Person& person);
    void search(Person& person);
    void visit(Person& person);
    [[nodiscard]] bool wait_for_turn();

    // nullopt when there was no answer, or a 5xx.
    template <class Ask>
    std::optional<Reply> counted(Doing doing, Ask ask);
    // The id of what it made; empty when it was refused, nullopt when it is still open.
    std::optional<std::string> finish(Person& person, const Request& request);
    [[nodiscard]] bool repeat_open(Person& person);
    [[nodiscard]] std::string some_ticket(Person& person);
    void offer(Person& person);

    std::string url_;
    std::vector<Person> people_;
    std::array<Kind, all_doings.size()> kinds_;
    std::atomic<Ticks::rep> mark_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool paused_ = false, stopped_ = false;
    int resting_ = 0;
    std::vector<std::string> tickets_;
    std::vector<std::jthread> threads_;
};

}  // namespace stagedoor::testing
