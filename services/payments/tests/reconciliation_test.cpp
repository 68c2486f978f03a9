#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {

using namespace std::chrono_literals;

// GET /admin/payments/reconciliation. Every other test of payments checks at its end that it finds nothing.
struct ReconciliationTest : ScriptedTest {
    std::string paid;

    ReconciliationTest() {
        auto order = place_order();
        paid = pay(order).expect(201).at("id");
        payments.receives(order.completed());
    }
    [[nodiscard]] Response reconcile(const std::string& query = {}) {
        return payments.admin_get("/admin/payments/reconciliation" + query).expect(200);
    }
    void expect_one(const std::string& what) {
        auto response = reconcile();
        EXPECT_EQ(response.at("differences[0].what"), what);
        EXPECT_EQ(response.at("differences[1].what"), "") << response.body;
    }
    void write(const std::string& statement) {
        payments.write([&](sql::Tx& tx) { tx.execute(statement); });
    }
    void set_entry(const std::string& payment, Bank::Entry entry) {
        bank().change([&](auto& entries) { entries[PaymentId{payment}] = entry; });
    }
    void TearDown() override {}  // the books are wrong on purpose
};

TEST_F(ReconciliationTest, finds_nothing_in_consistent_books) {
    for (int i = 0; i < 5; ++i) {
        auto order = place_order("more " + std::to_string(i));
        pay(order).expect(201);
    }
    auto response = reconcile();
    EXPECT_EQ(response.at("provider"), "scripted");
    EXPECT_EQ(response.at("charges"), "6");
    EXPECT_EQ(response.at("differences"), "[]");
}

TEST_F(ReconciliationTest, finds_a_charge_that_we_have_no_record_of) {
    set_entry("stray", {OrderId{"else"}, {500, {}}, 0, payments.clock.now()});
    expect_one("a charge that we have no record of");
    EXPECT_EQ(reconcile().at("differences[0].paymentId"), "stray");
    EXPECT_EQ(reconcile().at("differences[0].reference"), "ref stray");
    EXPECT_EQ(reconcile().at("differences[0].theirs"), "5.00 USD");
}

TEST_F(ReconciliationTest, finds_a_charge_that_failed_here) {
    bank().script({CallResult::rejected});
    auto order = place_order("declined");
    pay(order).expect(402);
    auto id = payments.published<contracts::PaymentFailed>().at(0).id.text;
    set_entry(id, {OrderId{"declined"}, {1999, {}}, 0, payments.clock.now()});
    expect_one("a charge that we have no record of");
    EXPECT_EQ(reconcile().at("differences[0].ours"), "failed");
}

TEST_F(ReconciliationTest, finds_a_charge_that_the_provider_has_no_record_of) {
    bank().change([](auto& entries) { entries.clear(); });
    expect_one("a charge that the provider has no record of");
    EXPECT_EQ(reconcile().at("differences[0].paymentId"), paid);
}

TEST_F(ReconciliationTest, finds_a_different_amount) {
    set_entry(paid, {OrderId{"order"}, {1998, {}}, 0, payments.clock.now()});
    expect_one("the charged amounts differ");
    EXPECT_EQ(reconcile().at("differences[0].ours"), "19.99 USD");
    EXPECT_EQ(reconcile().at("differences[0].theirs"), "19.98 USD");
}

TEST_F(ReconciliationTest, finds_a_different_refund) {
    set_entry(paid, {OrderId{"order"}, {1999, {}}, 5, payments.clock.now()});
    expect_one("the refunded amounts differ");
}

TEST_F(ReconciliationTest, finds_a_second_charge_for_an_order) {
    write("DROP INDEX payments_one_of_order");
    write(
        "INSERT INTO payments SELECT 'second', order_id, user_id, amount_minor, currency, status, token, "
        "reference, "
        "reason, due_at, tries, created_at, version FROM payments");
    write(
        "INSERT INTO ledger SELECT 'second', kind, account, 'second', currency, amount_minor, at, NULL FROM "
        "ledger");
    set_entry("second", {OrderId{"order"}, {1999, {}}, 0, payments.clock.now()});
    expect_one("a second charge for one order, in addition to " + paid);
}

TEST_F(ReconciliationTest, finds_a_ledger_that_does_not_sum_to_zero) {
    write("UPDATE ledger SET amount_minor = 1998 WHERE account = 'seller/seller'");
    expect_one("ledger entries don't sum to zero");
    EXPECT_EQ(reconcile().at("differences[0].theirs"), "-0.01 USD");
}

TEST_F(ReconciliationTest, finds_a_ledger_with_a_different_charge) {
    write("UPDATE ledger SET amount_minor = amount_minor * 2");
    expect_one("the ledger's charge differs from the payment");
}

TEST_F(ReconciliationTest, finds_a_ledger_with_an_extra_charge) {
    write(
        "INSERT INTO ledger SELECT 'stray', kind, account, 'stray', currency, amount_minor, at, NULL FROM "
        "ledger");
    expect_one("the ledger has a charge without a payment");
}

TEST_F(ReconciliationTest, finds_a_ledger_that_owes_too_much) {
    write(
        "INSERT INTO ledger SELECT 'stray', 'refund', 'refunds', payment_id, currency, 7, at, NULL FROM "
        "ledger "
        "WHERE "
        "account = 'seller/seller'");
    write(
        "INSERT INTO ledger SELECT 'stray', 'refund', account, payment_id, currency, -7, at, NULL FROM "
        "ledger "
        "WHERE "
        "account = 'seller/seller'");
    expect_one("the ledger's refunds differ from the pending refunds");
}

TEST_F(ReconciliationTest, counts_what_is_in_progress) {
    bank().script({CallResult::blocked_after}, {CallResult::blocked_before});
    auto slow = place_order("slow");
    auto pending = start_payment("slow");
    payments.receives(slow.awaiting(attempt_of("slow")));
    eventually([] { return bank().blocked() == 1; });
    EXPECT_EQ(reconcile().at("unresolved"), "1");
    EXPECT_EQ(reconcile().at("differences"), "[]");
    bank().release();
    response_of(pending).expect(201);
    payments.receives(slow.cancelled());
    eventually([] { return bank().blocked() == 1; });
    EXPECT_EQ(reconcile().at("pendingRefunds"), "1");
    EXPECT_EQ(reconcile().at("differences"), "[]");
    bank().release();
    eventually([&] { return reconcile().at("pendingRefunds") == "0"; });
    EXPECT_EQ(reconcile().at("differences"), "[]");
}

TEST_F(ReconciliationTest, compares_only_attempts_since_a_time) {
    payments.clock.advance(1h);
    auto order = place_order("later");
    pay(order).expect(201);
    auto since = payments.clock.now().to_text();
    EXPECT_EQ(reconcile("?since=" + since).at("charges"), "1");
    EXPECT_EQ(reconcile("?since=" + since).at("differences"), "[]");
    payments.admin_get("/admin/payments/reconciliation?since=yesterday").expect(400).expect_field("since");
}

TEST_F(ReconciliationTest, responds_503_when_the_provider_is_down) {
    bank().set_down(true);
    payments.admin_get("/admin/payments/reconciliation").expect(503);
}

}  // namespace stagedoor::payments
