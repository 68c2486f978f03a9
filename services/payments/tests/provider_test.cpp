// Charges and refunds of a provider that is slow, silent or unwilling.
#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {

using namespace std::chrono_literals;

struct Refunds : ScriptedTest {
    // An order that is paid and then cancelled.
    ToldOrder to_pay_back(const std::string& id = "order") {
        auto order = ordered(id);
        pays(order).expect(201);
        payments.receives(order.cancelled());
        return order;
    }
    [[nodiscard]] std::int64_t pending() {
        return payments.number("SELECT count(*) FROM refunds WHERE status = 'pending'");
    }
    // That the next try is to come after so long.
    void expect_wait(std::chrono::milliseconds wait) {
        eventually([&] {
            return payments.number("SELECT due_at FROM refunds") ==
                   (payments.clock.now() + wait).milliseconds;
        });
    }
};

TEST_F(Refunds, are_tried_at_growing_intervals_until_they_are_done) {
    bank().will({}, {Answer::no, Answer::deaf, Answer::no, Answer::deaf, Answer::lost, Answer::no, Answer::no,
                     Answer::no, Answer::no, Answer::no, Answer::no, Answer::no, Answer::no});
    (void)to_pay_back();
    for (std::chrono::seconds wait : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s, 300s}) {
        expect_wait(wait);  // after one more at once
        payments.clock.advance(wait);
    }
    eventually([&] { return pending() == 0; });
    EXPECT_EQ(bank().kept("order"), 0);
    EXPECT_EQ(payments.published<contracts::PaymentRefunded>().size(), 1u);
}

TEST_F(Refunds, whose_answer_is_lost_are_made_once) {
    bank().will({}, {Answer::lost, Answer::lost});
    (void)to_pay_back();
    in_the_end([&] { return pending() == 0; });
    EXPECT_EQ(bank().kept("order"), 0);
    EXPECT_EQ(on("buyer/buyer"), 0);
}

TEST_F(Refunds, are_many_when_a_listing_is_called_off) {
    std::vector<ToldOrder> orders;
    for (int i = 0; i < 40; ++i) {
        orders.push_back(ordered("order " + std::to_string(i)));
        pays(orders.back()).expect(201);
        payments.receives(orders.back().completed());
    }
    for (auto& order : orders) payments.receives(order.voided("concert", payments.clock.now()));
    eventually([&] { return pending() == 0; });
    EXPECT_EQ(payments.published<contracts::PaymentRefunded>().size(), 40u);
    EXPECT_EQ(on("seller/seller"), 0);
}

struct Charges : ScriptedTest {};

TEST_F(Charges, of_a_provider_that_is_away_are_asked_for_until_it_is_back) {
    auto order = ordered("order", {.hold = 24h});
    bank().be_silent(true);
    auto answer = will_pay("order");
    auto id = attempt_of("order");
    payments.receives(order.awaiting(id));
    answered_after(15s, answer).expect(503);
    for (int i = 0; i < 10; ++i) payments.clock.advance(1min);
    bank().be_silent(false);
    in_the_end([&] { return status(id) == "succeeded"; });
    EXPECT_EQ(bank().standing_charges("order"), 1);
}

TEST_F(Charges, that_the_provider_has_not_heard_of_for_a_day_are_given_up) {
    auto order = ordered();
    bank().be_silent(true);
    auto answer = will_pay("order", "token", "key");
    auto id = attempt_of("order");
    payments.receives(order.awaiting(id));
    answered_after(15s, answer).expect(503);
    payments.clock.advance(23h);
    bank().be_silent(false);
    in_the_end([&] { return status(id) == "failed"; });
    EXPECT_EQ(bank().standing_charges("order"), 0);
    auto again = will_pay("order", "token", "key");
    answered(again).expect(402);
}

TEST_F(Charges, that_are_given_up_are_not_made_by_a_call_that_is_still_on_its_way) {
    auto order = ordered();
    bank().will({Answer::held_before});
    auto answer = will_pay("order");
    auto id = attempt_of("order");
    payments.receives(order.awaiting(id));
    eventually([] { return bank().held() == 1; });
    answered_after(15s, answer).expect(503);
    payments.receives(order.cancelled());
    in_the_end([&] { return status(id) == "failed"; });  // when the lease of that call is over
    bank().release();
    eventually([] { return bank().charging() == 0; });
    EXPECT_EQ(bank().standing_charges("order"), 0);
    EXPECT_EQ(payments.number("SELECT count(*) FROM refunds"), 0);
}

struct ManyCharges : ScriptedTest {
    std::vector<std::future<Answered>> answers;

    // 64 are under way, and two wait.
    ManyCharges() {
        bank().will(std::vector<Answer>(64, Answer::held_after));
        for (int i = 0; i < 66; ++i) {
            auto order = ordered("order " + std::to_string(i));
            answers.push_back(will_pay(order.id()));
            payments.receives(order.awaiting(attempt_of(order.id())));
        }
        eventually([] { return bank().held() == 64; });
        EXPECT_EQ(bank().calls(), 64);
    }
};

TEST_F(ManyCharges, wait_for_their_turn) {
    bank().release();
    for (auto& answer : answers) answered(answer).expect(201);
    EXPECT_EQ(bank().calls(), 66);
}

TEST_F(ManyCharges, that_waited_for_longer_than_their_lease_are_asked_for_first) {
    for (auto& answer : answers) answered_after(15s, answer).expect(503);
    payments.clock.advance(30s);
    bank().release();
    in_the_end(
        [&] { return payments.number("SELECT count(*) FROM payments WHERE status = 'succeeded'") == 66; });
    EXPECT_GE(bank().calls(), 68);
}

}  // namespace stagedoor::payments
