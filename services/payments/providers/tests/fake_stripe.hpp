// A fake Stripe in the test's process: the part of its API that we use, with idempotency keys and faults.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/http/tests/running_server.hpp"

namespace stagedoor::payments::test {

// What happens to the next request.
enum class Fault {
    none,
    response_lost,    // takes effect, but a proxy responds 502
    server_error,     // 500
    rate_limited,     // 429
    key_in_use,       // 409
    not_json,         // 200 and an HTML page
    unexpected_json,  // 200 and JSON that is not Stripe's
    foreign_error,    // 404 and JSON that is not Stripe's
};

class FakeStripe {
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

    static constexpr auto secret_key = "sk_test_fake";

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

    void next(Fault fault);
    void set_time(std::int64_t seconds);
    // Changes the only intent of that payment.
    void set_status(const std::string& payment_id, const std::string& status);
    // As Stripe does after a day.
    void forget_keys();
    // Intents of another user of the account.
    void add_foreign_intents(int count);

    [[nodiscard]] std::vector<Intent> intents() const;  // oldest first
    [[nodiscard]] std::vector<Refund> refunds() const;
    [[nodiscard]] int requests() const;
    // An event as Stripe would send it.
    [[nodiscard]] std::string event(const std::string& type, const std::string& payment_id) const;

  private:
    struct Result {
        int status = 200;
        std::string body;
    };
    using Fields = std::map<std::string, std::string>;

    [[nodiscard]] http::Response respond(const http::Request& request);
    [[nodiscard]] Result keyed(const http::Request& request);
    [[nodiscard]] Result route(const http::Request& request);
    [[nodiscard]] Result create(const Fields& fields);
    [[nodiscard]] Result list(const Fields& query) const;
    [[nodiscard]] Result cancel(const std::string& id);
    [[nodiscard]] Result refund(const Fields& fields);
    [[nodiscard]] Result list_refunds(const Fields& query) const;
    [[nodiscard]] Intent* find(const std::string& id);

    mutable std::mutex mutex_;
    Fault fault_ = Fault::none;
    std::int64_t now_ = 1'767'225'600;  // 2026-01-01, where manual clocks start
    int requests_ = 0;
    std::vector<Intent> intents_;
    std::vector<Refund> refunds_;
    std::map<std::string, std::pair<std::string, Result>> keys_;  // the request and its response
    http::test::RunningServer server_;

  public:
    FakeStripe();
};

}  // namespace stagedoor::payments::test
