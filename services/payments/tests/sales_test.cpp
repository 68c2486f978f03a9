// What a seller sees of the ledger: the entries, and the days.
#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {
namespace {

using namespace std::chrono_literals;

struct Sales : Test {
    Sales() : Test(make_service, {.fee_basis_points = 250}) {}

    void sell(const std::string& order, std::vector<SampleLine> lines, Currency currency = {}) {
        auto placed = place_order(order, {.lines = std::move(lines), .currency = currency});
        pay(placed).expect(201);
        placed_.emplace(order, placed);
    }
    void cancel_ticket(const std::string& order, const std::string& ticket) {
        payments.receives(placed_.at(order).voided(ticket, payments.clock.now()));
    }
    Response ledger(const std::string& rest = {}, const std::string& seller = "seller") {
        return payments.as(seller).get("/api/payments/ledger" + rest);
    }
    std::string sales(const std::string& query, const std::string& seller = "seller") {
        return payments.as(seller).get("/api/payments/sales" + query).expect(200).body;
    }
    std::map<std::string, OrderEvents> placed_;
};

TEST_F(Sales, are_listed_newest_first_with_their_fees_and_listings) {
    sell("order",
         {{"concert", "seller", 1999, 2}, {"play", "seller", 1000, 1}, {"other", "another", 500, 1}});
    auto entry = ledger().expect(200);
    EXPECT_EQ(entry.at("[0].kind"), "sale");
    EXPECT_EQ(entry.at("[0].orderId"), "order");
    EXPECT_EQ(entry.at("[0].amount"), "49.98");
    EXPECT_EQ(entry.at("[0].currency"), "USD");
    EXPECT_EQ(entry.at("[0].fee"), "1.24");
    EXPECT_EQ(entry.at("[0].tickets[0].title"), "The concert");
    EXPECT_EQ(entry.at("[0].tickets[0].quantity"), "2");
    EXPECT_EQ(entry.at("[0].tickets[1].id"), "play");
    EXPECT_EQ(entry.at("[0].tickets[2].id"), "") << "another seller's";
    EXPECT_EQ(entry.at("[1].id"), "");

    payments.clock.advance(1h);
    cancel_ticket("order", "concert");
    entry = ledger().expect(200);
    EXPECT_EQ(entry.at("[0].kind"), "refund");
    EXPECT_EQ(entry.at("[0].amount"), "39.98");
    EXPECT_EQ(entry.at("[0].fee"), "0.99");
    EXPECT_EQ(entry.at("[0].tickets[0].id"), "concert");
    EXPECT_EQ(entry.at("[0].tickets[1].id"), "");
    EXPECT_EQ(entry.at("[1].kind"), "sale");
}

TEST_F(Sales, of_a_cancelled_order_go_back_with_all_their_listings) {
    sell("order", {{"concert", "seller", 1999, 2}, {"play", "seller", 1000, 1}});
    payments.clock.advance(1s);
    payments.receives(placed_.at("order").cancelled());
    auto entry = ledger().expect(200);
    EXPECT_EQ(entry.at("[0].kind"), "refund");
    EXPECT_EQ(entry.at("[0].amount"), "49.98");
    EXPECT_EQ(entry.at("[0].tickets[1].id"), "play");
}

TEST_F(Sales, of_others_are_not_shown) {
    sell("order", {{"concert", "seller", 1999, 2}});
    EXPECT_EQ(ledger({}, "another").expect(200).body, "[]");
    EXPECT_EQ(ledger({}, "buyer").expect(200).body, "[]") << "buyers have an account, too";
    EXPECT_EQ(sales("", "another"), "[]");
    payments.get("/api/payments/ledger").expect(401);
    payments.get("/api/payments/sales").expect(401);
}

TEST_F(Sales, are_paged_also_within_a_millisecond) {
    for (auto order : {"one", "two", "three", "four", "five"}) sell(order, {{}});
    std::vector<std::string> orders;
    auto page = ledger("?limit=2").expect(200);
    for (int pages = 0; pages < 3; ++pages) {
        for (auto row : {"[0].orderId", "[1].orderId"}) {
            if (auto order = page.at(row); !order.empty()) orders.push_back(order);
        }
        std::string link{page.headers["Link"]};
        EXPECT_EQ(link.empty(), pages == 2);
        if (link.empty()) break;
        auto next = link.substr(1, link.find('>') - 1);
        payments.as("another").get(next).expect(400).expect_field("after");
        page = payments.as("seller").get(next).expect(200);
    }
    std::ranges::sort(orders);
    EXPECT_EQ(orders, (std::vector<std::string>{"five", "four", "one", "three", "two"}));
    ledger("?after=nonsense").expect(400).expect_field("after");
    ledger("?limit=0").expect(400).expect_field("limit");
}

TEST_F(Sales, are_summed_by_day_and_currency) {
    sell("one", {{"concert", "seller", 10'000, 2}});
    sell("two", {{"concert", "seller", 10'000, 1}});
    sell("yen", {{"noh", "seller", 5'000, 1}}, Currency::parse("JPY").value());
    payments.clock.advance(24h);
    cancel_ticket("one", "concert");
    EXPECT_EQ(sales("?days=2"),
              R"([{"day":"2026-01-01","tickets":1,"ticketsReturned":0,"sold":5000,"currency":"JPY",)"
              R"("fees":125,"refunded":0,"feesReturned":0},)"
              R"({"day":"2026-01-01","tickets":3,"ticketsReturned":0,"sold":300.00,"currency":"USD",)"
              R"("fees":7.50,"refunded":0.00,"feesReturned":0.00},)"
              R"({"day":"2026-01-02","tickets":0,"ticketsReturned":2,"sold":0.00,"currency":"USD",)"
              R"("fees":0.00,"refunded":200.00,"feesReturned":5.00}])");
    EXPECT_EQ(sales("?days=1").find("2026-01-01"), std::string::npos) << "today only";
    payments.clock.advance(24h * 30);
    EXPECT_EQ(sales(""), "[]") << "30 days";
    EXPECT_NE(sales("?days=366"), "[]");
}

TEST_F(Sales, are_of_the_days_of_a_time_zone) {
    payments.clock.advance(23h + 30min);  // 2026-01-01 23:30 in UTC
    sell("late", {{}});
    EXPECT_NE(sales("?days=1").find("2026-01-01"), std::string::npos);
    EXPECT_NE(sales("?days=1&timeZone=Europe/Berlin").find("2026-01-02"), std::string::npos);
    EXPECT_NE(sales("?days=1&timeZone=America/New_York").find("2026-01-01"), std::string::npos);
    EXPECT_NE(sales("?days=1&timeZone=Asia/Kathmandu").find("2026-01-02"), std::string::npos);
    payments.clock.advance(1h);
    EXPECT_EQ(sales("?days=1"), "[]");
    EXPECT_NE(sales("?days=1&timeZone=Europe/Berlin"), "[]") << "there it was today";
    auto seller = payments.as("seller");
    seller.get("/api/payments/sales?timeZone=Mars/Phobos").expect(400).expect_field("timeZone");
    for (auto days : {"0", "367", "x"})
        seller.get(std::string{"/api/payments/sales?days="} + days).expect(400).expect_field("days");
}

TEST_F(Sales, from_before_titles_were_stored_are_shown_without) {
    sell("order", {{"concert", "seller", 1999, 2}});
    payments.write([](sql::Tx& tx) {
        tx.send("UPDATE order_lines SET title = NULL, quantity = NULL");
        tx.send("UPDATE ledger SET tickets = NULL");
    });
    auto entry = ledger().expect(200);
    EXPECT_EQ(entry.at("[0].tickets[0].id"), "concert");
    EXPECT_EQ(entry.at("[0].tickets[0].title"), "");
    cancel_ticket("order", "concert");
    EXPECT_NE(sales("?days=1").find(R"("tickets":0,"ticketsReturned":0,"sold":39.98)"), std::string::npos);
}

}  // namespace
}  // namespace stagedoor::payments
