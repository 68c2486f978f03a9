// Speaks for Stripe, in the test's process: the part of its API that we use, with its rules, its memory of keys
// and its troubles.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/http/tests/running_server.hpp"

namespace stagedoor::payments::test {

// What happens to the next request.
enum class Trouble {
    none,
    answer_lost,         // it is done, and a proxy says 502
    not_done,            // 500
    too_many,            // 429
    key_in_use,          // 409
    no_json,             // 200, and a page
    other_json,          // 200, and somebody else's JSON
    refused_by_another,  // 404, and somebody else's JSON
};

class StripeStandIn {
  public:
    struct Intent {
        std::string id, payment_id, currency, status;
        std::string error = "null";  // last_payment_error
        std::int64_t amount = 0, refunded = 0, created = 0;
    };
    struct Refund {
        std::string id, intent, refund_id, status;
        std::int64_t amount = 0;
    };

    static constexpr auto secret_key = "sk_test_stand_in";

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

    void next(Trouble trouble);
    void set_time(std::int64_t seconds);
    // Changes the only intent of that payment behind everybody's back.
    void turn(const std::string& payment_id, const std::string& status);
    // Stripe does so after a day.
    void forget_keys();
    // Somebody else's use of the account.
    void add_foreign_intents(int count);

    [[nodiscard]] std::vector<Intent> intents() const;  // oldest first
    [[nodiscard]] std::vector<Refund> refunds() const;
    [[nodiscard]] int requests() const;
    // An event as Stripe would send it.
    [[nodiscard]] std::string event(const std::string& type, const std::string& payment_id) const;

  private:
    struct Reply {
        int status = 200;
        std::string body;
    };
    using Fields = std::map<std::string, std::string>;

    [[nodiscard]] http::Response answer(const http::Request& request);
    [[nodiscard]] Reply keyed(const http::Request& request);
    [[nodiscard]] Reply route(const http::Request& request);
    [[nodiscard]] Reply create(const Fields& fields);
    [[nodiscard]] Reply list(const Fields& query) const;
    [[nodiscard]] Reply cancel(const std::string& id);
    [[nodiscard]] Reply refund(const Fields& fields);
    [[nodiscard]] Reply list_refunds(const Fields& query) const;
    [[nodiscard]] Intent* find(const std::string& id);

    mutable std::mutex mutex_;
    Trouble trouble_ = Trouble::none;
    std::int64_t now_ = 1'767'225'600;  // 2026-01-01, where manual clocks start
    int requests_ = 0;
    std::vector<Intent> intents_;
    std::vector<Refund> refunds_;
    std::map<std::string, std::pair<std::string, Reply>> keys_;  // the request, and what was answered
    http::test::RunningServer server_;

  public:
    StripeStandIn();
};

}  // namespace stagedoor::payments::test
