#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {

struct ReceiveWebhook : ScriptedTest {
    Response webhook(const std::string& text, const std::string& signature = "bank") {
        return payments.nobody()
            .with("Stripe-Signature", signature)
            .post("/api/payments/notices/scripted", text);
    }
    // Starts an attempt whose charge blocks; returns its id.
    std::string start_charge(OrderEvents& order, std::future<Response>& pending,
                             CallResult result = CallResult::blocked_after) {
        bank().script({result});
        pending = start_payment(order.id());
        auto id = attempt_of(order.id());
        payments.receives(order.awaiting(id));
        eventually([] { return bank().blocked() == 1; });
        return id;
    }
};

TEST_F(ReceiveWebhook, reports_an_outcome_before_the_response) {
    auto order = place_order();
    std::future<Response> pending;
    auto id = start_charge(order, pending);
    webhook("n1 " + id + " succeeded").expect(200, "{}");
    response_of(pending).expect(201);
    bank().release();  // the response comes late and changes nothing
    EXPECT_EQ(payments.published<contracts::PaymentCreated>().size(), 1u);
    EXPECT_EQ(payments.published<contracts::PaymentCreated>()[0].reference, "ref " + id);
}

TEST_F(ReceiveWebhook, reports_a_decline) {
    auto order = place_order();
    std::future<Response> pending;
    auto id = start_charge(order, pending, CallResult::blocked_before);
    bank().change([&](auto& entries) { entries[PaymentId{id}] = {OrderId{"order"}, {}, 0, {}}; });
    webhook("n1 " + id + " declined").expect(200);
    response_of(pending).expect(402, "Declined by webhook");
    bank().release();
}

TEST_F(ReceiveWebhook, received_twice_counts_once) {
    auto order = place_order();
    std::future<Response> pending;
    auto id = start_charge(order, pending);
    for (int i = 0; i < 3; ++i) webhook("n1 " + id + " succeeded").expect(200);
    webhook("n2 " + id + " succeeded").expect(200);
    response_of(pending).expect(201);
    bank().release();
    EXPECT_EQ(payments.published<contracts::PaymentCreated>().size(), 1u);
    EXPECT_EQ(payments.number("SELECT count(*) FROM notices"), 2);
}

TEST_F(ReceiveWebhook, that_arrives_late_changes_nothing) {
    auto order = place_order();
    auto id = pay(order).expect(201).at("id");
    webhook("n1 " + id + " declined").expect(200);
    EXPECT_EQ(status(id), PaymentStatus::succeeded);
    EXPECT_TRUE(payments.published<contracts::PaymentFailed>().empty());
}

TEST_F(ReceiveWebhook, of_a_success_after_a_failure_is_refunded) {
    auto order = place_order();
    std::future<Response> pending;
    auto id = start_charge(order, pending);
    webhook("n1 " + id + " declined").expect(200);
    response_of(pending).expect(402);
    webhook("n2 " + id + " succeeded").expect(200);  // it succeeded after all
    webhook("n3 " + id + " succeeded").expect(200);
    bank().release();
    eventually([&] { return payments.published<contracts::PaymentRefunded>().size() == 1; });
    EXPECT_EQ(bank().valid_charges("order"), 0);
    EXPECT_EQ(payments.number("SELECT sum(amount_minor) FROM ledger"), 0);
    EXPECT_EQ(payments.number("SELECT sum(amount_minor) FROM ledger WHERE account = 'refunds'"), 0);
    EXPECT_EQ(payments.number("SELECT count(*) FROM refunds"), 1);
    payments.admin_get("/admin/payments/reconciliation").expect(200, R"("differences":[])");
}

TEST_F(ReceiveWebhook, for_an_unknown_charge_changes_nothing) {
    webhook("n1 unknown succeeded").expect(200);
    webhook("n2").expect(200);
    EXPECT_TRUE(payments.all_published().empty());
}

TEST_F(ReceiveWebhook, is_rejected_when_forged) {
    auto order = place_order();
    std::future<Response> pending;
    auto id = start_charge(order, pending);
    webhook("n1 " + id + " declined", "somebody").expect(400);
    webhook("n1 " + id + " declined", "").expect(400);
    EXPECT_EQ(status(id), PaymentStatus::charging);
    bank().release();
    response_of(pending).expect(201);
}

TEST_F(ReceiveWebhook, is_404_for_another_provider) {
    payments.nobody().with("Stripe-Signature", "bank").post("/api/payments/notices/stripe", "n1").expect(404);
}

TEST_F(ReceiveWebhook, is_forgotten_after_a_month) {
    webhook("n1").expect(200);
    payments.clock.advance(std::chrono::days{31});
    webhook("n2").expect(200);
    EXPECT_EQ(payments.number("SELECT count(*) FROM notices"), 1);
}

struct TestProviderWebhook : Test {};
TEST_F(TestProviderWebhook, is_404) { payments.post("/api/payments/notices/test", "{}").expect(404); }

}  // namespace stagedoor::payments
