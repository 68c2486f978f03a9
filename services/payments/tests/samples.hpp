// Sample orders and shorthands shared by the tests of payments.
#pragma once

#include <future>

#include "common/service/service.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/payments.hpp"
#include "services/payments/payment.hpp"
#include "services/payments/service.hpp"
#include "services/payments/settings.hpp"
#include "services/payments/tests/scripted_provider.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::payments {

using stagedoor::testing::eventually;
using stagedoor::testing::Response;
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

// The events of one order, as orders publishes them: each call increments the version.
class OrderEvents {
  public:
    OrderEvents(std::string id, Instant expires_at, const Sample& sample) {
        state_.id = OrderId{std::move(id)};
        state_.user_id = UserId{sample.buyer};
        state_.expires_at = expires_at;
        state_.total.currency = sample.currency;
        for (const auto& line : sample.lines) {
            Money price{line.price_minor, sample.currency};
            state_.items.push_back({TicketId{line.ticket},
                                    UserId{line.seller},
                                    "The " + line.ticket,
                                    price,
                                    line.quantity,
                                    {},
                                    {},
                                    {}});
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

// For tests in which one buyer pays a hundred times.
inline const ProgramSettings without_rate_limits{.rate_limits = false};

// Payments with its test provider, or with a scripted one.
struct Test : ::testing::Test {
    explicit Test(Service (*make)(ServiceDeps) = make_service, Settings own = {},
                  ProgramSettings settings = without_rate_limits)
        : payments(make, std::move(own), std::move(settings)) {}

    ServiceTest payments;

    // Receives order.created.
    [[nodiscard]] OrderEvents place_order(std::string id = "order", const Sample& sample = {}) {
        OrderEvents order{std::move(id), payments.clock.now() + sample.hold, sample};
        payments.receives(order.created());
        return order;
    }

    [[nodiscard]] static std::string body(const std::string& order, const std::string& token = "tok_visa") {
        return R"({"orderId":")" + order + R"(","token":")" + token + R"("})";
    }
    [[nodiscard]] Response post_payment(const std::string& order, const std::string& token = "tok_visa") {
        return payments.as("buyer").post("/api/payments", body(order, token));
    }
    // Sends the request; the response comes later.
    [[nodiscard]] std::future<Response> start_payment(const std::string& order,
                                                      const std::string& token = "tok_visa",
                                                      const std::string& key = {}) {
        auto buyer = payments.as("buyer");
        if (!key.empty()) buyer = buyer.with("Idempotency-Key", key);
        return std::async(std::launch::async,
                          [buyer, text = body(order, token)] { return buyer.post("/api/payments", text); });
    }
    // Waits for the order's unresolved attempt; returns its id.
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
    // Pays; orders leases the hold at once, and completes or reopens the order once the outcome is known.
    Response pay(OrderEvents& order, const std::string& token = "tok_visa", const std::string& key = {}) {
        auto pending = start_payment(order.id(), token, key);
        auto id = attempt_of(order.id());
        payments.receives(order.awaiting(id));
        while (pending.wait_for(std::chrono::milliseconds{1}) != std::future_status::ready) {
            auto known = status(id);
            if (known == PaymentStatus::succeeded) payments.receives(order.completed());
            if (known == PaymentStatus::failed) payments.receives(order.reopened());
            if (known == PaymentStatus::succeeded || known == PaymentStatus::failed) break;
        }
        return response_of(pending);
    }
    // The same, but the events of orders that follow from the outcome don't arrive: the clock advances by the
    // time that the response waits for them.
    Response pay_unheard(OrderEvents& order, const std::string& token = "tok_visa") {
        auto pending = start_payment(order.id(), token);
        payments.receives(order.awaiting(attempt_of(order.id())));
        eventually([&] { return unresolved() == 0; });
        return response_after(std::chrono::seconds{2}, pending);
    }
    [[nodiscard]] std::int64_t unresolved() {
        return payments.number("SELECT count(*) FROM payments WHERE status IN ('started', 'charging')");
    }
    // The response. The clock advances only if the outcome is known and no event of orders arrives.
    [[nodiscard]] Response response_of(std::future<Response>& pending) {
        for (int i = 0; i < 400; ++i) {
            if (pending.wait_for(std::chrono::milliseconds{50}) == std::future_status::ready)
                return pending.get();
            if (unresolved() == 0) payments.clock.advance(std::chrono::seconds{2});
        }
        ADD_FAILURE() << "no response";
        return response_after(std::chrono::seconds{15}, pending);
    }
    // Advances the clock by `step` whenever no response comes within `real_time`.
    [[nodiscard]] Response response_after(std::chrono::milliseconds step, std::future<Response>& pending,
                                          std::chrono::milliseconds real_time = std::chrono::milliseconds{
                                              20}) {
        while (pending.wait_for(real_time) != std::future_status::ready) payments.clock.advance(step);
        return pending.get();
    }
    // Advances the clock until `condition` holds.
    void advance_until(const std::function<bool()>& condition) {
        auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (std::chrono::steady_clock::now() < deadline) {
            if (condition()) return;
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
            payments.clock.advance(std::chrono::milliseconds{500});
        }
        ADD_FAILURE() << "the condition did not become true";
    }
    [[nodiscard]] std::optional<PaymentStatus> status(const std::string& payment) {
        return payments.read([&](sql::Tx& tx) {
            return tx.find<PaymentStatus>("SELECT status FROM payments WHERE id = $1", payment);
        });
    }
    [[nodiscard]] Response list_payments(const std::string& order) {
        return payments.as("buyer").get("/api/payments?orderId=" + order).expect(200);
    }
    // The balance of an account in the ledger.
    [[nodiscard]] std::int64_t balance(const std::string& account) {
        return payments.number("SELECT coalesce(sum(amount_minor), 0) FROM ledger WHERE account = $1",
                               account);
    }
    // The ledger, the payments and the provider's books agree, and no version is missing.
    void TearDown() override {
        auto reconciliation = payments.admin_get("/admin/payments/reconciliation").expect(200);
        EXPECT_EQ(reconciliation.at("differences"), "[]");
        std::map<std::string, std::int64_t> versions;
        for (const auto& event : payments.all_published())
            EXPECT_EQ(event.version, ++versions[event.entity_id]) << event.type;
    }
};

// The current test's bank; created before the service.
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
    explicit ScriptedTest(Settings own = {}) : Test(make_scripted, std::move(own)) {}
};

}  // namespace stagedoor::payments
