#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {

using namespace std::chrono_literals;

struct ListPayments : Test {};

TEST_F(ListPayments, shows_the_attempts_newest_first) {
    auto order = ordered();
    auto begun = payments.clock.now().to_text();
    pays(order, "tok_chargeDeclined").expect(402);
    payments.receives(order.reopened());
    payments.clock.advance(1s);
    auto paid = pays(order).expect(201).at("id");
    auto answer = shown("order");
    EXPECT_EQ(answer.at("[0].id"), paid);
    EXPECT_EQ(answer.at("[0].orderId"), "order");
    EXPECT_EQ(answer.at("[0].status"), "succeeded");
    EXPECT_EQ(answer.at("[0].amount"), "19.99");
    EXPECT_EQ(answer.at("[0].currency"), "USD");
    EXPECT_EQ(answer.at("[0].reason"), "");
    EXPECT_EQ(answer.at("[0].refunds"), "[]");
    EXPECT_EQ(answer.at("[1].status"), "failed");
    EXPECT_EQ(answer.at("[1].reason"), "Your card was declined");
    EXPECT_EQ(answer.at("[1].createdAt"), begun);
    EXPECT_EQ(answer.at("[2].id"), "");
}

TEST_F(ListPayments, shows_what_is_under_way) {
    auto order = ordered();
    auto answer = will_pay("order", "tok_slow");
    auto id = attempt_of("order");
    EXPECT_EQ(shown("order").at("[0].status"), "started");
    payments.receives(order.awaiting(id));
    EXPECT_EQ(shown("order").at("[0].status"), "charging");
    answered_after(5s, answer, 300ms).expect(201);
}

TEST_F(ListPayments, shows_what_goes_back_and_why) {
    auto order = ordered();
    auto id = pays(order).expect(201).at("id");
    payments.receives(order.cancelled(CancelReason::expired));
    eventually([&] { return shown("order").at("[0].refunds[0].status") == "done"; });
    auto answer = shown("order");
    EXPECT_EQ(answer.at("[0].status"), "succeeded");
    EXPECT_EQ(answer.at("[0].refunds[0].amount"), "19.99");
    EXPECT_EQ(answer.at("[0].refunds[0].reason"), "expired");
    EXPECT_NE(answer.at("[0].refunds[0].createdAt"), "");
    EXPECT_NE(answer.at("[0].refunds[0].doneAt"), "");
    auto told = payments.published<contracts::PaymentRefunded>();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].id.text, id);
    EXPECT_EQ(told[0].refund_id.text, answer.at("[0].refunds[0].id"));
}

TEST_F(ListPayments, goes_page_by_page) {
    auto order = ordered();
    for (int i = 0; i < 3; ++i) {
        pays(order, "tok_chargeDeclined").expect(402);
        payments.receives(order.reopened());
        payments.clock.advance(1ms);
    }
    auto first = payments.as("buyer").get("/api/payments?orderId=order&limit=2").expect(200);
    EXPECT_NE(first.at("[1].id"), "");
    EXPECT_EQ(first.at("[2].id"), "");
    std::string link{first.headers["Link"]};
    ASSERT_TRUE(link.ends_with(R"(>; rel="next")")) << link;
    auto second = payments.as("buyer").get(link.substr(1, link.find('>') - 1)).expect(200);
    EXPECT_NE(second.at("[0].id"), "");
    EXPECT_EQ(second.at("[1].id"), "");
}

TEST_F(ListPayments, has_none_before_the_first) {
    (void)ordered();
    EXPECT_EQ(shown("order").body, "[]");
}

TEST_F(ListPayments, wants_an_order_and_a_page_that_there_is) {
    (void)ordered();
    payments.as("buyer").get("/api/payments").expect(400).expect_field("orderId");
    payments.as("buyer").get("/api/payments?orderId=order&limit=0").expect(400).expect_field("limit");
    payments.as("buyer").get("/api/payments?orderId=order&after=x").expect(400).expect_field("after");
}

TEST_F(ListPayments, wants_a_session) { payments.get("/api/payments?orderId=order").expect(401); }

TEST_F(ListPayments, is_the_buyers_own_business) {
    (void)ordered();
    payments.as("another").get("/api/payments?orderId=order").expect(403);
}

TEST_F(ListPayments, knows_no_such_order) {
    payments.as("buyer").get("/api/payments?orderId=no").expect(404);
}

TEST_F(ListPayments, waits_for_an_order_that_was_just_made) {
    auto id = runtime::new_uuid(payments.random, payments.clock.now());
    auto answer = std::async(std::launch::async, [buyer = payments.as("buyer"), id] {
        return buyer.get("/api/payments?orderId=" + id);
    });
    std::this_thread::sleep_for(20ms);
    (void)ordered(id);
    answered(answer).expect(200);
    payments.bus().pause();
    auto unheard = std::async(std::launch::async, [buyer = payments.as("buyer"), this] {
        return buyer.get("/api/payments?orderId=" + runtime::new_uuid(payments.random, payments.clock.now()));
    });
    answered_after(2s, unheard).expect(503);
}

struct ShowProvider : Test {};
TEST_F(ShowProvider, tells_who_charges) {
    EXPECT_EQ(payments.get("/api/payments/provider").expect(200).body, R"({"name":"test"})");
}

struct ShowScriptedProvider : ScriptedTest {};
TEST_F(ShowScriptedProvider, tells_what_a_browser_needs) {
    EXPECT_EQ(payments.get("/api/payments/provider").expect(200).body,
              R"({"name":"scripted","publishableKey":"pk_scripted"})");
}

}  // namespace stagedoor::payments
