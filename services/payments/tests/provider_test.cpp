// Charges and refunds when the provider is slow, down or rejects them.
#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {

using namespace std::chrono_literals;

struct Refunds : ScriptedTest {
    // An order that is paid and then cancelled.
    OrderEvents paid_and_cancelled(const std::string& id = "order") {
        auto order = place_order(id);
        pay(order).expect(201);
        payments.receives(order.cancelled());
        return order;
    }
    [[nodiscard]] std::int64_t pending() {
        return payments.number("SELECT count(*) FROM refunds WHERE status = 'pending'");
    }
    void expect_retry_after(std::chrono::milliseconds delay) {
        eventually([&] {
            return payments.number("SELECT due_at FROM refunds") ==
                   (payments.clock.now() + delay).milliseconds;
        });
    }
};

TEST_F(Refunds, are_retried_with_backoff_until_they_are_done) {
    bank().script({}, {CallResult::rejected, CallResult::request_lost, CallResult::rejected,
                       CallResult::request_lost, CallResult::response_lost, CallResult::rejected,
                       CallResult::rejected, CallResult::rejected, CallResult::rejected, CallResult::rejected,
                       CallResult::rejected, CallResult::rejected, CallResult::rejected});
    (void)paid_and_cancelled();
    for (std::chrono::seconds delay : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s, 300s}) {
        expect_retry_after(delay);  // the first retry is immediate
        payments.clock.advance(delay);
    }
    eventually([&] { return pending() == 0; });
    EXPECT_EQ(bank().net_charged("order"), 0);
    EXPECT_EQ(payments.published<contracts::PaymentRefunded>().size(), 1u);
}

TEST_F(Refunds, are_made_once_when_the_response_is_lost) {
    bank().script({}, {CallResult::response_lost, CallResult::response_lost});
    (void)paid_and_cancelled();
    advance_until([&] { return pending() == 0; });
    EXPECT_EQ(bank().net_charged("order"), 0);
    EXPECT_EQ(balance("buyer/buyer"), 0);
}

TEST_F(Refunds, are_many_when_a_listing_is_cancelled) {
    std::vector<OrderEvents> orders;
    for (int i = 0; i < 40; ++i) {
        orders.push_back(place_order("order " + std::to_string(i)));
        pay(orders.back()).expect(201);
        payments.receives(orders.back().completed());
    }
    for (auto& order : orders) payments.receives(order.voided("concert", payments.clock.now()));
    eventually([&] { return pending() == 0; });
    EXPECT_EQ(payments.published<contracts::PaymentRefunded>().size(), 40u);
    EXPECT_EQ(balance("seller/seller"), 0);
}

struct Charges : ScriptedTest {};

TEST_F(Charges, are_retried_until_the_provider_is_back) {
    auto order = place_order("order", {.hold = 24h});
    bank().set_down(true);
    auto pending = start_payment("order");
    auto id = attempt_of("order");
    payments.receives(order.awaiting(id));
    response_after(15s, pending).expect(503);
    for (int i = 0; i < 10; ++i) payments.clock.advance(1min);
    bank().set_down(false);
    advance_until([&] { return status(id) == PaymentStatus::succeeded; });
    EXPECT_EQ(bank().valid_charges("order"), 1);
}

TEST_F(Charges, unknown_to_the_provider_for_a_day_fail) {
    auto order = place_order();
    bank().set_down(true);
    auto pending = start_payment("order", "token", "key");
    auto id = attempt_of("order");
    payments.receives(order.awaiting(id));
    response_after(15s, pending).expect(503);
    payments.clock.advance(23h);
    bank().set_down(false);
    advance_until([&] { return status(id) == PaymentStatus::failed; });
    EXPECT_EQ(bank().valid_charges("order"), 0);
    auto again = start_payment("order", "token", "key");
    response_of(again).expect(402);
}

TEST_F(Charges, cancelled_at_the_provider_are_not_made_by_a_call_in_flight) {
    auto order = place_order();
    bank().script({CallResult::blocked_before});
    auto pending = start_payment("order");
    auto id = attempt_of("order");
    payments.receives(order.awaiting(id));
    eventually([] { return bank().blocked() == 1; });
    response_after(15s, pending).expect(503);
    payments.receives(order.cancelled());
    advance_until(
        [&] { return status(id) == PaymentStatus::failed; });  // when the lease of that call has expired
    bank().release();
    eventually([] { return bank().charges_in_progress() == 0; });
    EXPECT_EQ(bank().valid_charges("order"), 0);
    EXPECT_EQ(payments.number("SELECT count(*) FROM refunds"), 0);
}

struct ManyCharges : ScriptedTest {
    std::vector<std::future<Response>> pending;

    // 64 are in progress, and two wait.
    ManyCharges() {
        bank().script(std::vector<CallResult>(64, CallResult::blocked_after));
        for (int i = 0; i < 66; ++i) {
            auto order = place_order("order " + std::to_string(i));
            pending.push_back(start_payment(order.id()));
            payments.receives(order.awaiting(attempt_of(order.id())));
        }
        eventually([] { return bank().blocked() == 64; });
        EXPECT_EQ(bank().calls(), 64);
    }
};

TEST_F(ManyCharges, wait_for_their_turn) {
    bank().release();
    for (auto& each : pending) response_of(each).expect(201);
    EXPECT_EQ(bank().calls(), 66);
}

TEST_F(ManyCharges, that_waited_past_their_lease_are_looked_up_first) {
    for (auto& each : pending) response_after(15s, each).expect(503);
    payments.clock.advance(30s);
    bank().release();
    advance_until(
        [&] { return payments.number("SELECT count(*) FROM payments WHERE status = 'succeeded'") == 66; });
    EXPECT_GE(bank().calls(), 68);
}

}  // namespace stagedoor::payments
