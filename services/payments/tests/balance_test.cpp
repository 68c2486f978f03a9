#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {

Settings with_fee(std::int64_t basis_points) { return {.fee_basis_points = basis_points}; }

struct ShowBalance : Test {
    ShowBalance() : Test(make_service, with_fee(250)) {}

    [[nodiscard]] Response show_balance(const std::string& seller) {
        return payments.as(seller).get("/api/payments/balance").expect(200);
    }
};

TEST_F(ShowBalance, is_sales_less_fees) {
    auto order = place_order("order", {.lines = {{"concert", "seller", 1999, 2}, {"play", "other", 100, 1}}});
    pay(order).expect(201);
    EXPECT_EQ(show_balance("seller").body,
              R"([{"sold":39.98,"currency":"USD","fees":0.99,"refunded":0.00,"balance":38.99}])");
    EXPECT_EQ(show_balance("other").body,
              R"([{"sold":1.00,"currency":"USD","fees":0.02,"refunded":0.00,"balance":0.98}])");
    EXPECT_EQ(balance("fee"), 101);
    EXPECT_EQ(balance("buyer/buyer"), -4098);
}

TEST_F(ShowBalance, returns_the_fee_with_a_refund) {
    auto order =
        place_order("order", {.lines = {{"concert", "seller", 10'000, 1}, {"play", "seller", 5'000, 1}}});
    pay(order).expect(201);
    payments.receives(order.completed(), order.voided("concert", payments.clock.now()));
    EXPECT_EQ(show_balance("seller").body,
              R"([{"sold":150.00,"currency":"USD","fees":1.25,"refunded":100.00,"balance":48.75}])");
    eventually([&] { return balance("refunds") == 0; });
    EXPECT_EQ(balance("buyer/buyer"), -5'000);
    EXPECT_EQ(balance("fee"), 125);
}

TEST_F(ShowBalance, is_zero_when_everything_was_refunded) {
    auto order = place_order();
    pay(order).expect(201);
    payments.receives(order.cancelled());
    EXPECT_EQ(show_balance("seller").at("[0].balance"), "0.00");
    EXPECT_EQ(show_balance("seller").at("[0].fees"), "0.00");
}

TEST_F(ShowBalance, keeps_currencies_apart) {
    auto dollars = place_order("dollars");
    auto yen = place_order(
        "yen", {.lines = {{"noh", "seller", 5'000, 1}}, .currency = Currency::parse("JPY").value()});
    pay(dollars).expect(201);
    pay(yen).expect(201);
    EXPECT_EQ(show_balance("seller").at("[0].currency"), "JPY");
    EXPECT_EQ(show_balance("seller").at("[0].sold"), "5000");
    EXPECT_EQ(show_balance("seller").at("[0].balance"), "4875");
    EXPECT_EQ(show_balance("seller").at("[1].currency"), "USD");
}

TEST_F(ShowBalance, is_empty_without_sales) { EXPECT_EQ(show_balance("nobody").body, "[]"); }

TEST_F(ShowBalance, requires_a_session) { payments.get("/api/payments/balance").expect(401); }

// Property test: random sales by two sellers, of which random listings are cancelled.
struct Ledger : Test, ::testing::WithParamInterface<std::int64_t> {
    Ledger() : Test(make_service, with_fee(GetParam())) {}

    // What an order's payment has posted to an account.
    [[nodiscard]] std::int64_t posted(const std::string& order, const std::string& account) {
        return payments.number(
            "SELECT coalesce(sum(ledger.amount_minor), 0) FROM ledger JOIN payments ON payments.id = "
            "payment_id"
            " WHERE order_id = $1 AND account = $2",
            order, account);
    }
    int orders = 0;
};

Sample any_sale() {
    Sample sample{.lines = {}};
    auto count = *rc::gen::inRange(1, 6);
    for (int i = 0; i < count; ++i) {
        sample.lines.push_back({"ticket" + std::to_string(i), *rc::gen::element<std::string>("a", "b"),
                                *rc::gen::inRange<std::int64_t>(1, 99'999'999),
                                *rc::gen::inRange<std::int64_t>(1, 1'000)});
    }
    return sample;
}

TEST_P(Ledger, is_exact_for_every_account) {
    rc::check([this] {
        auto sample = any_sale();
        auto order = place_order("order " + std::to_string(++orders), sample);
        pay(order).expect(201);
        payments.receives(order.completed());
        std::map<std::string, std::int64_t> expected{
            {"seller/a", 0}, {"seller/b", 0}, {"fee", 0}, {"buyer/buyer", 0}, {"refunds", 0}};
        for (const auto& line : sample.lines) {
            auto amount = line.price_minor * line.quantity;
            if (*rc::gen::arbitrary<bool>()) {
                payments.receives(order.voided(line.ticket, payments.clock.now()));
                continue;
            }
            auto fee = static_cast<std::int64_t>(static_cast<__int128>(amount) * GetParam() / 10'000);
            expected["seller/" + line.seller] += amount - fee;
            expected["fee"] += fee;
            expected["buyer/buyer"] -= amount;
        }
        eventually([&] { return posted(order.id(), "refunds") == 0; });
        for (const auto& [account, minor] : expected) RC_ASSERT(posted(order.id(), account) == minor);
    });
}
INSTANTIATE_TEST_SUITE_P(AtEachFee, Ledger, ::testing::Values(0, 333, 10'000));

}  // namespace stagedoor::payments
