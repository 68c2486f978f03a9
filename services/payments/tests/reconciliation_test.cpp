#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {

using namespace std::chrono_literals;

// GET /admin/payments/reconciliation; that it finds nothing in sound books, every test here shows at its end.
struct ReconciliationTest : ScriptedTest {
    std::string paid;

    ReconciliationTest() {
        auto order = ordered();
        paid = pays(order).expect(201).at("id");
        payments.receives(order.completed());
    }
    [[nodiscard]] Answered found(const std::string& query = {}) {
        return payments.ask_admin("/admin/payments/reconciliation" + query).expect(200);
    }
    void expect_one(const std::string& what) {
        auto answer = found();
        EXPECT_EQ(answer.at("differences[0].what"), what);
        EXPECT_EQ(answer.at("differences[1].what"), "") << answer.body;
    }
    void write(const std::string& statement) {
        payments.write([&](sql::Tx& tx) { tx.execute(statement); });
    }
    void in_books(const std::string& payment, Bank::Booked booked) {
        bank().change([&](auto& books) { books[PaymentId{payment}] = booked; });
    }
    void TearDown() override {}  // the books are meant to be wrong
};

TEST_F(ReconciliationTest, finds_nothing_in_sound_books) {
    for (int i = 0; i < 5; ++i) {
        auto order = ordered("more " + std::to_string(i));
        pays(order).expect(201);
    }
    auto answer = found();
    EXPECT_EQ(answer.at("provider"), "scripted");
    EXPECT_EQ(answer.at("charges"), "6");
    EXPECT_EQ(answer.at("differences"), "[]");
}

TEST_F(ReconciliationTest, finds_a_charge_that_we_do_not_have) {
    in_books("stray", {OrderId{"else"}, {500, {}}, 0, payments.clock.now()});
    expect_one("a charge that we don't have");
    EXPECT_EQ(found().at("differences[0].paymentId"), "stray");
    EXPECT_EQ(found().at("differences[0].reference"), "ref stray");
    EXPECT_EQ(found().at("differences[0].theirs"), "5.00 USD");
}

TEST_F(ReconciliationTest, finds_a_charge_that_failed_here) {
    bank().will({Answer::no});
    auto order = ordered("declined");
    pays(order).expect(402);
    auto id = payments.published<contracts::PaymentFailed>().at(0).id.text;
    in_books(id, {OrderId{"declined"}, {1999, {}}, 0, payments.clock.now()});
    expect_one("a charge that we don't have");
    EXPECT_EQ(found().at("differences[0].ours"), "failed");
}

TEST_F(ReconciliationTest, finds_a_charge_that_the_provider_does_not_have) {
    bank().change([](auto& books) { books.clear(); });
    expect_one("a charge that the provider does not have");
    EXPECT_EQ(found().at("differences[0].paymentId"), paid);
}

TEST_F(ReconciliationTest, finds_another_amount) {
    in_books(paid, {OrderId{"order"}, {1998, {}}, 0, payments.clock.now()});
    expect_one("another amount was charged");
    EXPECT_EQ(found().at("differences[0].ours"), "19.99 USD");
    EXPECT_EQ(found().at("differences[0].theirs"), "19.98 USD");
}

TEST_F(ReconciliationTest, finds_another_refund) {
    in_books(paid, {OrderId{"order"}, {1999, {}}, 5, payments.clock.now()});
    expect_one("another amount went back");
}

TEST_F(ReconciliationTest, finds_a_second_charge_for_an_order) {
    write("DROP INDEX payments_one_of_order");
    write(
        "INSERT INTO payments SELECT 'second', order_id, user_id, amount_minor, currency, status, token, "
        "reference, "
        "reason, due_at, tries, created_at, version FROM payments");
    write(
        "INSERT INTO ledger SELECT 'second', kind, account, 'second', currency, amount_minor, at FROM "
        "ledger");
    in_books("second", {OrderId{"order"}, {1999, {}}, 0, payments.clock.now()});
    expect_one("a second charge for one order, beside " + paid);
}

TEST_F(ReconciliationTest, finds_a_ledger_that_does_not_sum_to_zero) {
    write("UPDATE ledger SET amount_minor = 1998 WHERE account = 'seller/seller'");
    expect_one("entries of the ledger don't sum to zero");
    EXPECT_EQ(found().at("differences[0].theirs"), "-0.01 USD");
}

TEST_F(ReconciliationTest, finds_a_ledger_with_another_charge) {
    write("UPDATE ledger SET amount_minor = amount_minor * 2");
    expect_one("the ledger has another charge than the payment");
}

TEST_F(ReconciliationTest, finds_a_ledger_with_a_charge_too_many) {
    write(
        "INSERT INTO ledger SELECT 'stray', kind, account, 'stray', currency, amount_minor, at FROM ledger");
    expect_one("the ledger has a charge without a payment");
}

TEST_F(ReconciliationTest, finds_a_ledger_that_owes_too_much) {
    write(
        "INSERT INTO ledger SELECT 'stray', 'refund', 'refunds', payment_id, currency, 7, at FROM ledger "
        "WHERE "
        "account = 'seller/seller'");
    write(
        "INSERT INTO ledger SELECT 'stray', 'refund', account, payment_id, currency, -7, at FROM ledger "
        "WHERE "
        "account = 'seller/seller'");
    expect_one("the ledger owes another amount than is to go back");
}

TEST_F(ReconciliationTest, counts_what_is_under_way) {
    bank().will({Answer::held_after}, {Answer::held_before});
    auto slow = ordered("slow");
    auto answer = will_pay("slow");
    payments.receives(slow.awaiting(attempt_of("slow")));
    eventually([] { return bank().held() == 1; });
    EXPECT_EQ(found().at("unresolved"), "1");
    EXPECT_EQ(found().at("differences"), "[]");
    bank().release();
    answered(answer).expect(201);
    payments.receives(slow.cancelled());
    eventually([] { return bank().held() == 1; });
    EXPECT_EQ(found().at("pendingRefunds"), "1");
    EXPECT_EQ(found().at("differences"), "[]");
    bank().release();
    eventually([&] { return found().at("pendingRefunds") == "0"; });
    EXPECT_EQ(found().at("differences"), "[]");
}

TEST_F(ReconciliationTest, looks_at_what_was_paid_since) {
    payments.clock.advance(1h);
    auto order = ordered("later");
    pays(order).expect(201);
    auto since = payments.clock.now().to_text();
    EXPECT_EQ(found("?since=" + since).at("charges"), "1");
    EXPECT_EQ(found("?since=" + since).at("differences"), "[]");
    payments.ask_admin("/admin/payments/reconciliation?since=yesterday").expect(400).expect_field("since");
}

TEST_F(ReconciliationTest, says_so_when_the_provider_is_away) {
    bank().be_silent(true);
    payments.ask_admin("/admin/payments/reconciliation").expect(503);
}

}  // namespace stagedoor::payments
