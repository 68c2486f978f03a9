#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {

struct ReceiveNotice : ScriptedTest {
    Answered notice(const std::string& text, const std::string& signature = "bank") {
        return payments.nobody()
            .with("Stripe-Signature", signature)
            .post("/api/payments/notices/scripted", text);
    }
    // An attempt that the provider was asked to charge; its answer is held.
    std::string charging(ToldOrder& order, std::future<Answered>& answer, Answer held = Answer::held_after) {
        bank().will({held});
        answer = will_pay(order.id());
        auto id = attempt_of(order.id());
        payments.receives(order.awaiting(id));
        eventually([] { return bank().held() == 1; });
        return id;
    }
};

TEST_F(ReceiveNotice, tells_an_outcome_before_the_answer_does) {
    auto order = ordered();
    std::future<Answered> answer;
    auto id = charging(order, answer);
    notice("n1 " + id + " yes").expect(200, "{}");
    answered(answer).expect(201);
    bank().release();  // the answer comes late, and says nothing new
    EXPECT_EQ(payments.published<contracts::PaymentCreated>().size(), 1u);
    EXPECT_EQ(payments.published<contracts::PaymentCreated>()[0].reference, "ref " + id);
}

TEST_F(ReceiveNotice, tells_of_a_decline) {
    auto order = ordered();
    std::future<Answered> answer;
    auto id = charging(order, answer, Answer::held_before);
    bank().change([&](auto& books) { books[PaymentId{id}] = {OrderId{"order"}, {}, 0, {}}; });
    notice("n1 " + id + " no").expect(200);
    answered(answer).expect(402, "Declined, says the notice");
    bank().release();
}

TEST_F(ReceiveNotice, told_twice_counts_once) {
    auto order = ordered();
    std::future<Answered> answer;
    auto id = charging(order, answer);
    for (int i = 0; i < 3; ++i) notice("n1 " + id + " yes").expect(200);
    notice("n2 " + id + " yes").expect(200);
    answered(answer).expect(201);
    bank().release();
    EXPECT_EQ(payments.published<contracts::PaymentCreated>().size(), 1u);
    EXPECT_EQ(payments.number("SELECT count(*) FROM notices"), 2);
}

TEST_F(ReceiveNotice, that_comes_late_changes_nothing) {
    auto order = ordered();
    auto id = pays(order).expect(201).at("id");
    notice("n1 " + id + " no").expect(200);
    EXPECT_EQ(status(id), "succeeded");
    EXPECT_TRUE(payments.published<contracts::PaymentFailed>().empty());
}

TEST_F(ReceiveNotice, of_a_charge_that_was_given_up_sends_it_back) {
    auto order = ordered();
    std::future<Answered> answer;
    auto id = charging(order, answer);
    notice("n1 " + id + " no").expect(200);
    answered(answer).expect(402);
    notice("n2 " + id + " yes").expect(200);  // it was made all the same
    notice("n3 " + id + " yes").expect(200);
    bank().release();
    eventually([&] { return payments.published<contracts::PaymentRefunded>().size() == 1; });
    EXPECT_EQ(bank().standing_charges("order"), 0);
    EXPECT_EQ(payments.number("SELECT sum(amount_minor) FROM ledger"), 0);
    EXPECT_EQ(payments.number("SELECT sum(amount_minor) FROM ledger WHERE account = 'refunds'"), 0);
    EXPECT_EQ(payments.number("SELECT count(*) FROM refunds"), 1);
    payments.ask_admin("/admin/payments/reconciliation").expect(200, R"("differences":[])");
}

TEST_F(ReceiveNotice, about_what_is_not_ours_changes_nothing) {
    notice("n1 unknown yes").expect(200);
    notice("n2").expect(200);
    EXPECT_TRUE(payments.told().empty());
}

TEST_F(ReceiveNotice, is_refused_when_it_is_forged) {
    auto order = ordered();
    std::future<Answered> answer;
    auto id = charging(order, answer);
    notice("n1 " + id + " no", "somebody").expect(400);
    notice("n1 " + id + " no", "").expect(400);
    EXPECT_EQ(status(id), "charging");
    bank().release();
    answered(answer).expect(201);
}

TEST_F(ReceiveNotice, comes_from_the_provider_that_charges) {
    payments.nobody().with("Stripe-Signature", "bank").post("/api/payments/notices/stripe", "n1").expect(404);
}

TEST_F(ReceiveNotice, is_forgotten_after_a_month) {
    notice("n1").expect(200);
    payments.clock.advance(std::chrono::days{31});
    notice("n2").expect(200);
    EXPECT_EQ(payments.number("SELECT count(*) FROM notices"), 1);
}

struct NoNotices : Test {};
TEST_F(NoNotices, are_sent_by_the_test_provider) {
    payments.post("/api/payments/notices/test", "{}").expect(404);
}

}  // namespace stagedoor::payments
