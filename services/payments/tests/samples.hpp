// Orders, buyers and shorthands that the tests of payments share.
#pragma once

#include <future>

#include "contracts/events/orders.hpp"
#include "contracts/events/payments.hpp"
#include "services/payments/service.hpp"
#include "services/payments/tests/bank.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::payments {

using stagedoor::testing::Answered;
using stagedoor::testing::eventually;
using stagedoor::testing::ServiceTest;

struct SampleLine {
    std::string ticket = "concert";
    std::string seller = "seller";
    std::int64_t price_minor = 1999;
    std::int64_t quantity = 1;
};

struct Sample {
    std::string buyer = "buyer";
    std::vector<SampleLine> lines = {{}};
    Currency currency = {};
    std::chrono::milliseconds hold = std::chrono::minutes{15};
};

// An order as orders tells of it: each event has the version after the one before.
class ToldOrder {
  public:
    ToldOrder(std::string id, Instant expires_at, const Sample& sample) {
        state_.id = OrderId{std::move(id)};
        state_.user_id = UserId{sample.buyer};
        state_.expires_at = expires_at;
        state_.total.currency = sample.currency;
        for (const auto& line : sample.lines) {
            Money price{line.price_minor, sample.currency};
            state_.items.push_back(
                {TicketId{line.ticket}, UserId{line.seller}, "The " + line.ticket, price, line.quantity, {}});
            state_.total.minor += line.price_minor * line.quantity;
        }
    }

    [[nodiscard]] const std::string& id() const { return state_.id.text; }
    [[nodiscard]] std::int64_t total_minor() const { return state_.total.minor; }

    [[nodiscard]] contracts::OrderCreated created() {
        return next<contracts::OrderCreated>(OrderStatus::created);
    }
    [[nodiscard]] contracts::OrderAwaiting awaiting(const std::string& payment) {
        state_.payment_id = PaymentId{payment};
        return next<contracts::OrderAwaiting>(OrderStatus::awaiting_payment);
    }
    [[nodiscard]] contracts::OrderReopened reopened() {
        state_.payment_id.reset();
        return next<contracts::OrderReopened>(OrderStatus::created);
    }
    [[nodiscard]] contracts::OrderCompleted completed() {
        return next<contracts::OrderCompleted>(OrderStatus::complete);
    }
    [[nodiscard]] contracts::OrderCancelled cancelled(CancelReason reason = CancelReason::expired) {
        state_.reason = reason;
        return next<contracts::OrderCancelled>(OrderStatus::cancelled);
    }
    [[nodiscard]] contracts::OrderVoided voided(const std::string& ticket, Instant now) {
        for (auto& item : state_.items) {
            if (item.ticket_id.text == ticket) item.cancelled_at = now;
        }
        auto event = next<contracts::OrderVoided>(OrderStatus::complete);
        event.ticket_id = TicketId{ticket};
        return event;
    }

  private:
    template <class Event>
    Event next(OrderStatus status) {
        state_.status = status;
        ++state_.version;
        Event event;
        static_cast<contracts::OrderState&>(event) = state_;
        return event;
    }

    contracts::OrderState state_;
};

// One buyer may pay a hundred times.
inline Settings without_limits() {
    auto settings = ServiceTest::default_settings();
    settings.rate_limits = false;
    return settings;
}

// Payments with its test provider, or with a bank that does as it is told.
struct Test : ::testing::Test {
    explicit Test(Service (*make)(ServiceDeps) = make_service, Settings settings = without_limits())
        : payments(make, std::move(settings)) {}

    ServiceTest payments;

    [[nodiscard]] ToldOrder ordered(std::string id = "order", const Sample& sample = {}) {
        ToldOrder order{std::move(id), payments.clock.now() + sample.hold, sample};
        payments.receives(order.created());
        return order;
    }

    [[nodiscard]] static std::string body(const std::string& order, const std::string& token = "tok_visa") {
        return R"({"orderId":")" + order + R"(","token":")" + token + R"("})";
    }
    [[nodiscard]] Answered posts(const std::string& order, const std::string& token = "tok_visa") {
        return payments.as("buyer").post("/api/payments", body(order, token));
    }
    // The request is on its way; its answer will come.
    [[nodiscard]] std::future<Answered> will_pay(const std::string& order,
                                                 const std::string& token = "tok_visa",
                                                 const std::string& key = {}) {
        auto buyer = payments.as("buyer");
        if (!key.empty()) buyer = buyer.with("Idempotency-Key", key);
        return std::async(std::launch::async,
                          [buyer, text = body(order, token)] { return buyer.post("/api/payments", text); });
    }
    // The attempt of an order that is unresolved, once it is opened.
    [[nodiscard]] std::string attempt_of(const std::string& order) {
        std::string id;
        eventually([&] {
            id = payments.read([&](sql::Tx& tx) {
                return tx
                    .find<std::string>(
                        "SELECT id FROM payments WHERE order_id = $1 AND status IN ('started', 'charging')",
                        order)
                    .value_or("");
            });
            return !id.empty();
        });
        return id;
    }
    // Pays, and orders leases the hold at once.
    Answered pays(ToldOrder& order, const std::string& token = "tok_visa", const std::string& key = {}) {
        auto answer = will_pay(order.id(), token, key);
        payments.receives(order.awaiting(attempt_of(order.id())));
        return answered(answer);
    }
    // The answer that comes while the clock stands.
    [[nodiscard]] Answered answered(std::future<Answered>& answer) {
        if (answer.wait_for(std::chrono::seconds{20}) != std::future_status::ready)
            ADD_FAILURE() << "no answer";
        return answered_after(std::chrono::seconds{15}, answer);
    }
    // The answer that comes when so much time has gone by; tried again each time that it doesn't within `patience`.
    [[nodiscard]] Answered answered_after(std::chrono::milliseconds time, std::future<Answered>& answer,
                                          std::chrono::milliseconds patience = std::chrono::milliseconds{
                                              20}) {
        while (answer.wait_for(patience) != std::future_status::ready) payments.clock.advance(time);
        return answer.get();
    }
    // Goes on with the clock until it is so.
    void in_the_end(const std::function<bool()>& condition) {
        auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (std::chrono::steady_clock::now() < give_up) {
            if (condition()) return;
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
            payments.clock.advance(std::chrono::milliseconds{500});
        }
        ADD_FAILURE() << "did not come true";
    }
    [[nodiscard]] std::string status(const std::string& payment) {
        return payments.read([&](sql::Tx& tx) {
            return tx.find<std::string>("SELECT status FROM payments WHERE id = $1", payment).value_or("");
        });
    }
    [[nodiscard]] Answered shown(const std::string& order) {
        return payments.as("buyer").get("/api/payments?orderId=" + order).expect(200);
    }
    // What is on an account.
    [[nodiscard]] std::int64_t on(const std::string& account) {
        return payments.number("SELECT coalesce(sum(amount_minor), 0) FROM ledger WHERE account = $1",
                               account);
    }
    // That the ledger, the payments and the provider's books are at one, and no version is left out.
    void TearDown() override {
        auto books = payments.ask_admin("/admin/payments/reconciliation").expect(200);
        EXPECT_EQ(books.at("differences"), "[]");
        std::map<std::string, std::int64_t> versions;
        for (const auto& event : payments.told())
            EXPECT_EQ(event.version, ++versions[event.entity_id]) << event.type;
    }
};

// The bank of the test that runs; there before the service is.
class WithBank {
  public:
    WithBank() { current_ = std::make_unique<Bank>(); }
    [[nodiscard]] static Bank& bank() { return *current_; }
    static Service make_scripted(ServiceDeps deps) {
        auto provider = std::make_unique<ScriptedProvider>(bank(), deps.clock);
        return make_service_with(std::move(deps), std::move(provider));
    }

  private:
    static inline std::unique_ptr<Bank> current_;
};

struct ScriptedTest : WithBank, Test {
    explicit ScriptedTest(Settings settings = without_limits()) : Test(make_scripted, std::move(settings)) {}
};

}  // namespace stagedoor::payments
