#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {

using namespace std::chrono_literals;

struct ListPayments : Test {};

TEST_F(ListPayments, shows_attempts_newest_first) {
    auto order = place_order();
    auto started_at = payments.clock.now().to_text();
    pay(order, "tok_chargeDeclined").expect(402);
    payments.receives(order.reopened());
    payments.clock.advance(1s);
    auto paid = pay(order).expect(201).at("id");
    auto response = list_payments("order");
    EXPECT_EQ(response.at("[0].id"), paid);
    EXPECT_EQ(response.at("[0].orderId"), "order");
    EXPECT_EQ(response.at("[0].status"), "succeeded");
    EXPECT_EQ(response.at("[0].amount"), "19.99");
    EXPECT_EQ(response.at("[0].currency"), "USD");
    EXPECT_EQ(response.at("[0].reason"), "");
    EXPECT_EQ(response.at("[0].refunds"), "[]");
    EXPECT_EQ(response.at("[1].status"), "failed");
    EXPECT_EQ(response.at("[1].reason"), "Your card was declined");
    EXPECT_EQ(response.at("[1].createdAt"), started_at);
    EXPECT_EQ(response.at("[2].id"), "");
}

TEST_F(ListPayments, shows_attempts_in_progress) {
    auto order = place_order();
    auto pending = start_payment("order", "tok_slow");
    auto id = attempt_of("order");
    EXPECT_EQ(list_payments("order").at("[0].status"), "started");
    payments.receives(order.awaiting(id));
    EXPECT_EQ(list_payments("order").at("[0].status"), "charging");
    response_after(5s, pending, 300ms).expect(201);
}

TEST_F(ListPayments, shows_refunds_with_their_reason) {
    auto order = place_order();
    auto id = pay(order).expect(201).at("id");
    payments.receives(order.cancelled(CancelReason::expired));
    eventually([&] { return list_payments("order").at("[0].refunds[0].status") == "done"; });
    auto response = list_payments("order");
    EXPECT_EQ(response.at("[0].status"), "succeeded");
    EXPECT_EQ(response.at("[0].refunds[0].amount"), "19.99");
    EXPECT_EQ(response.at("[0].refunds[0].reason"), "expired");
    EXPECT_NE(response.at("[0].refunds[0].createdAt"), "");
    EXPECT_NE(response.at("[0].refunds[0].doneAt"), "");
    auto events = payments.published<contracts::PaymentRefunded>();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].id.text, id);
    EXPECT_EQ(events[0].refund_id.text, response.at("[0].refunds[0].id"));
}

TEST_F(ListPayments, is_paged) {
    auto order = place_order();
    for (int i = 0; i < 3; ++i) {
        pay(order, "tok_chargeDeclined").expect(402);
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

TEST_F(ListPayments, is_empty_before_the_first_attempt) {
    (void)place_order();
    EXPECT_EQ(list_payments("order").body, "[]");
}

TEST_F(ListPayments, requires_an_order_and_a_valid_page) {
    (void)place_order();
    payments.as("buyer").get("/api/payments").expect(400).expect_field("orderId");
    payments.as("buyer").get("/api/payments?orderId=order&limit=0").expect(400).expect_field("limit");
    payments.as("buyer").get("/api/payments?orderId=order&after=x").expect(400).expect_field("after");
}

TEST_F(ListPayments, requires_a_session) { payments.get("/api/payments?orderId=order").expect(401); }

TEST_F(ListPayments, is_forbidden_to_other_users) {
    (void)place_order();
    payments.as("another").get("/api/payments?orderId=order").expect(403);
}

TEST_F(ListPayments, responds_404_for_an_unknown_order) {
    payments.as("buyer").get("/api/payments?orderId=no").expect(404);
}

TEST_F(ListPayments, waits_for_an_order_that_was_just_placed) {
    auto id = runtime::new_uuid(payments.random, payments.clock.now());
    auto pending = std::async(std::launch::async, [buyer = payments.as("buyer"), id] {
        return buyer.get("/api/payments?orderId=" + id);
    });
    std::this_thread::sleep_for(20ms);
    (void)place_order(id);
    response_of(pending).expect(200);
    payments.bus().pause();
    auto unknown = std::async(std::launch::async, [buyer = payments.as("buyer"), this] {
        return buyer.get("/api/payments?orderId=" + runtime::new_uuid(payments.random, payments.clock.now()));
    });
    response_after(2s, unknown).expect(503);
}

struct ShowProvider : Test {};
TEST_F(ShowProvider, names_the_provider) {
    EXPECT_EQ(payments.get("/api/payments/provider").expect(200).body, R"({"name":"test"})");
}

struct ShowScriptedProvider : ScriptedTest {};
TEST_F(ShowScriptedProvider, includes_the_publishable_key) {
    EXPECT_EQ(payments.get("/api/payments/provider").expect(200).body,
              R"({"name":"scripted","publishableKey":"pk_scripted"})");
}

}  // namespace stagedoor::payments
