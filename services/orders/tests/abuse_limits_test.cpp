// What keeps buyers from holding tickets again and again without paying.
#include "common/security/proof_of_work.hpp"
#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {
namespace {

using namespace std::chrono_literals;

struct AbuseLimits : Test {
    AbuseLimits() { orders.receives(ticket_created("concert"), ticket_created("play")); }

    testing::Response try_to_hold(const std::string& buyer, const std::string& ticket) {
        return orders.as(buyer).post("/api/orders", R"({"ticketId":")" + ticket + R"("})");
    }
    [[nodiscard]] std::string proof_for(const std::string& buyer) {
        for (int i = 0;; ++i) {
            auto proof = std::to_string(i);
            if (security::is_proof(proof, "hold", buyer, orders.clock.now())) return proof;
        }
    }
    void use_up(const std::string& limit, const std::string& key, std::int64_t attempts) {
        orders.write([&](sql::Tx& tx) {
            tx.execute(
                "INSERT INTO rate_limits(name, who, tries, ends_at) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (name, who) DO UPDATE SET tries = excluded.tries",
                limit, key, attempts, tx.now() + 1h);
        });
    }
};

TEST_F(AbuseLimits, let_nobody_renew_a_hold_by_cancelling_it) {
    auto held = place_order("buyer", "concert");
    orders.clock.advance(5min);
    orders.as("buyer").delete_("/api/orders/" + held).expect(204);
    auto again = try_to_hold("buyer", "concert");
    again.expect(429, "You held \\\"The concert\\\" a moment ago without paying. Try again in 5 minutes");
    EXPECT_EQ(again.headers["Retry-After"], "300");
    EXPECT_EQ(available("concert"), 10) << "nothing is held";
    orders.as("buyer")
        .post("/api/orders", R"({"items":[{"ticketId":"play"},{"ticketId":"concert"}]})")
        .expect(429);
    EXPECT_EQ(available("play"), 10);
    try_to_hold("buyer", "play").expect(201);
    try_to_hold("another", "concert").expect(201);
    orders.clock.advance(5min - 1ms);
    try_to_hold("buyer", "concert").expect(429, "1 second");
    orders.clock.advance(1ms);
    try_to_hold("buyer", "concert").expect(201);
}

TEST_F(AbuseLimits, let_nobody_renew_a_hold_that_has_expired) {
    (void)place_order("buyer", "concert");
    orders.clock.advance(15min);
    try_to_hold("buyer", "concert").expect(429, "15 minutes");
    orders.clock.advance(10min);
    try_to_hold("buyer", "concert").expect(429, "5 minutes");
    orders.clock.advance(5min);
    try_to_hold("buyer", "concert").expect(201);
}

// An order cancels only as many expired ones as it needs, the oldest first.
TEST_F(AbuseLimits, count_an_expired_hold_that_nobody_has_cancelled_yet) {
    (void)place_order("another", "concert");
    orders.clock.advance(1s);
    (void)place_order("buyer", "concert");
    orders.clock.advance(15min);
    try_to_hold("buyer", "concert").expect(429, "15 minutes");
}

TEST_F(AbuseLimits, let_a_buyer_correct_a_mistake) {
    for (int i = 0; i < 3; ++i) {
        auto held = place_order("buyer", "concert");
        orders.clock.advance(3s);
        orders.as("buyer").delete_("/api/orders/" + held).expect(204);
        orders.clock.advance(3s);
    }
}

TEST_F(AbuseLimits, do_not_apply_to_an_order_that_the_seller_cancelled) {
    (void)place_order("buyer", "concert");
    orders.clock.advance(5min);
    orders.receives(contracts::TicketCancelled{listing("concert", {}, 2)});
    eventually([&] {
        orders.clock.advance(1ms);
        return orders.number("SELECT count(*) FROM orders WHERE status = 'cancelled'") == 1;
    });
    try_to_hold("buyer", "concert").expect(409);
}

TEST_F(AbuseLimits, bound_the_holds_of_a_buyer_and_of_a_network_within_an_hour) {
    use_up("holds by buyer", "buyer", 60);
    try_to_hold("buyer", "concert").expect(429, "Try again in 60 minutes");
    try_to_hold("another", "concert").expect(201);
    use_up("holds by address", "", 599);
    try_to_hold("another", "play").expect(201);
    try_to_hold("a third", "play").expect(429);
    EXPECT_EQ(available("play"), 9);
}

TEST(AbuseLimitsLifted, count_nothing) {
    ServiceTest orders{make_service, {}, {.rate_limits = false}};
    orders.receives(ticket_created("concert"));
    for (int i = 0; i < 5; ++i) {
        auto held = orders.as("buyer").post("/api/orders", R"({"ticketId":"concert"})").expect(201).at("id");
        orders.clock.advance(1min);
        orders.as("buyer").delete_("/api/orders/" + held).expect(204);
    }
    EXPECT_EQ(orders.number("SELECT count(*) FROM rate_limits"), 0);
}

// The attack that this is for: accounts that cost nothing hold all tickets of a listing.
TEST_F(AbuseLimits, ask_buyers_who_never_paid_for_work_while_many_tickets_are_held) {
    orders.receives(ticket_created("show", {.quantity = 50}));
    auto hold = [&](const std::string& buyer, const std::string& proof = {}) {
        auto more = proof.empty() ? "" : R"(,"proof":")" + proof + R"(")";
        return orders.as(buyer).post("/api/orders", R"({"ticketId":"show","quantity":9)" + more + "}");
    };
    hold("first").expect(201);
    hold("first").expect(201);
    hold("first").expect(201);
    auto rejected = hold("second");
    rejected.expect(429, "Many of these tickets are held").expect_fields({"proof"});
    auto challenge = security::challenge_for("hold", "second", orders.clock.now());
    EXPECT_EQ(rejected.headers["Proof-Of-Work"],
              R"(pbkdf2-sha256;salt=")" + challenge + R"(";iterations=1000;bits=10)");
    EXPECT_EQ(rejected.headers["Retry-After"], "60");
    EXPECT_EQ(available("show"), 23) << "nothing is held";
    hold("second", "not a proof").expect(429);
    auto proof = proof_for("second");
    hold("third", proof).expect(429);  // it is another buyer's
    hold("second", proof).expect(201);
}

TEST_F(AbuseLimits, ask_for_no_work_from_paying_buyers_or_while_few_tickets_are_held) {
    orders.receives(ticket_created("show", {.quantity = 50}), ticket_created("small", {.quantity = 19}));
    auto hold = [&](const std::string& buyer, const std::string& ticket, int quantity) {
        return orders.as(buyer).post(
            "/api/orders", R"({"ticketId":")" + ticket + R"(","quantity":)" + std::to_string(quantity) + "}");
    };
    auto paid = hold("regular", "play", 1).expect(201).at("id");
    orders.write([&](sql::Tx& tx) {
        tx.execute("UPDATE orders SET status = 'complete', payment_id = 'p' WHERE id = $1", paid);
    });
    for (auto buyer : {"a", "b", "c"}) hold(buyer, "small", 6).expect(201);
    for (auto buyer : {"a", "b", "c"}) hold(buyer, "show", 9).expect(201);
    hold("d", "show", 1).expect(429);
    hold("regular", "show", 9).expect(201);
}

}  // namespace
}  // namespace stagedoor::orders
