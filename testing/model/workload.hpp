// A continuous workload: customers browse, sell, order and pay whatever happens to the marketplace, and
// repeat requests that got no response. Successes and failures are counted.
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

enum class Action { page, search, list, hold, pay };
inline constexpr std::array all_actions{Action::page, Action::search, Action::list, Action::hold,
                                        Action::pay};
[[nodiscard]] std::string_view to_text(Action action);

struct Attempts {
    long done = 0;         // 2xx, and legitimate rejections: sold out, declined
    long unavailable = 0;  // 5xx
    long unanswered = 0;
    [[nodiscard]] long failed() const { return unavailable + unanswered; }
};

class Workload {
  public:
    // Signs up the customers, lists some tickets, then starts.
    Workload(std::string url, int buyers, int sellers, std::uint64_t seed);
    // Waits for the last responses.
    ~Workload();

    // Returns once all customers are idle and every request has a response. Repeats those without one for up
    // to `limit`, then fails the test.
    void pause(std::chrono::milliseconds limit);
    void resume();

    // Restarts the counts, and the search for the first success of each action.
    void reset_counts();
    [[nodiscard]] Attempts counts(Action action) const;
    // Waits until each action has succeeded in a request sent after reset_counts(). Returns how long that
    // took; nullopt after `limit`.
    [[nodiscard]] std::optional<std::chrono::milliseconds> time_to_recover(
        std::chrono::milliseconds limit) const;

    // Since the start.
    ExpectedState expected;

  private:
    using Ticks = std::chrono::steady_clock;
    struct PendingRequest {
        std::string key, body;
        std::string order = {};  // of a payment
    };
    struct Customer {
        User user;
        std::mt19937_64 random;
        std::vector<PendingRequest> open;  // no response yet
    };
    struct Counter {
        std::atomic<long> done = 0, unavailable = 0, unanswered = 0;
        std::atomic<Ticks::rep> first_success = 0;
    };

    void run(Customer& customer, void (Workload::*turn)(Customer&));
    void buy(Customer& customer);
    void sell(Customer& customer);
    void search(Customer& customer);
    void visit(Customer& customer);
    [[nodiscard]] bool wait_for_turn();

    // Counts one request. nullopt if there was no response, or a 5xx.
    template <class Send>
    std::optional<Response> attempt(Action action, Send send);
    // The id of what it created; empty if it was rejected, nullopt if it is still open.
    std::optional<std::string> finish(Customer& customer, const PendingRequest& request);
    [[nodiscard]] bool repeat_open(Customer& customer);
    [[nodiscard]] std::string some_ticket(Customer& customer);
    void offer(Customer& customer);

    std::string url_;
    std::vector<Customer> customers_;
    std::array<Counter, all_actions.size()> counters_;
    std::atomic<Ticks::rep> counting_since_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool paused_ = false, stopped_ = false;
    int resting_ = 0;
    std::vector<std::string> tickets_;
    std::vector<std::jthread> threads_;
};

}  // namespace stagedoor::testing
