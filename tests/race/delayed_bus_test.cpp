// Edits, withdrawals and holds that cross each other because events arrive late.
#include "tests/race/delayed_bus.hpp"

namespace stagedoor::testing {
namespace {

TEST_F(DelayedBus, holds_win_over_an_edit_that_crosses_them) {
    auto id = list_and_await({.quantity = 10});
    bus.pause();
    order(buyer(0), {{id, 8}}).expect(201);  // tickets hasn't received the order
    as_seller()
        .put("/api/tickets/" + id, R"({"title":"Fewer","price":1,"quantity":4})")
        .expect(200);  // orders hasn't received the edit
    order(buyer(1), {{id, 1}}).expect(201);
    bus.resume();
    expect_invariants_hold(*databases, url);
    EXPECT_EQ(databases->number("orders", "SELECT capacity FROM tickets WHERE id = '" + id + "'"), 9);
    EXPECT_EQ(show(id).at("available"), "0");
    EXPECT_EQ(show(id).at("quantity"), "4");
    order(buyer(2), {{id}}).expect(409);
}

TEST_F(DelayedBus, orders_placed_before_the_withdrawal_arrives_remain_valid) {
    auto id = list_and_await({.quantity = 10});
    bus.pause();
    as_seller().delete_("/api/tickets/" + id).expect(204);
    auto held = order(buyer(0), {{id, 3}}).expect(201);
    bus.resume();
    expect_invariants_hold(*databases, url);
    EXPECT_EQ(buyer(0).get("/api/orders/" + held.at("id")).expect(200).at("status"), "created");
    order(buyer(1), {{id}}).expect(409, "no longer on sale");
    buyer(0).delete_("/api/orders/" + held.at("id")).expect(204);
    order(buyer(1), {{id}}).expect(409, "no longer on sale");
    expect_invariants_hold(*databases, url);
}

TEST_F(DelayedBus, a_listing_that_has_not_arrived_is_503_until_it_does) {
    bus.pause();
    auto id = list_ticket(as_seller());
    auto start = std::chrono::steady_clock::now();
    order(buyer(0), {{id}}).expect(503);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);
    bus.resume();
    order(buyer(0), {{id}}).expect(201);
    order(buyer(0), {{"0190f3a0-0000-7000-8000-000000000000"}}).expect(404);
    expect_invariants_hold(*databases, url);
}

TEST_F(DelayedBus, a_request_waits_for_a_listing_in_flight) {
    bus.pause();
    auto id = list_ticket(as_seller());
    Response reply;
    {
        std::jthread waiting{[&] { reply = order(buyer(0), {{id}}); }};
        bus.resume();
    }
    reply.expect(201);
    expect_invariants_hold(*databases, url);
}

TEST_F(DelayedBus, a_sign_out_takes_effect_when_its_event_arrives) {
    auto user = sign_up(url);
    bus.pause();
    user.at(url).post("/api/users/signout").expect(200);
    user.at(url).get("/api/users/sessions").expect(401);  // auth revoked it itself
    user.at(url).get("/api/orders").expect(200);          // orders hasn't received it
    bus.resume();
    EXPECT_TRUE(becomes_true([&] { return user.at(url).get("/api/orders").status == 401; }, 2s));
}

TEST_F(DelayedBus, everything_converges_after_many_bus_outages) {
    constexpr int rounds = 60, threads = 8;
    auto base_seed = seed();
    ExpectedState expected;
    std::vector<std::string> ids;
    for (int i = 0; i < 6; ++i) ids.push_back(list_and_await({.quantity = 8}));
    Tally orders, edits;
    std::jthread pauser{[&](const std::stop_token& stopping) {
        std::mt19937_64 random{base_seed};
        while (!stopping.stop_requested()) {
            bus.pause();
            std::this_thread::sleep_for(std::chrono::milliseconds{random() % 40});
            bus.resume();
            std::this_thread::sleep_for(std::chrono::milliseconds{random() % 10});
        }
    }};
    all_at_once(threads + 1, [&](int i) {
        std::mt19937_64 random{base_seed + static_cast<unsigned>(i)};
        for (int round = 0; round < rounds; ++round) {
            const auto& id = ids[random() % ids.size()];
            if (i == threads) {
                auto quantity = std::to_string(1 + random() % 16);
                auto reply =
                    as_seller().put("/api/tickets/" + id, R"({"title":"Edit )" + std::to_string(round) +
                                                              R"(","price":2,"quantity":)" + quantity + "}");
                edits.add(reply.status);
                if (reply.status == 200) expected.listed(seller, reply);
                if (round == rounds - 10) as_seller().delete_("/api/tickets/" + ids[0]).expect(204);
                continue;
            }
            const auto& user = users[static_cast<std::size_t>(i)];
            auto reply = order(user.at(url), {{id, static_cast<int>(1 + random() % 3)}});
            orders.add(reply.status);
            if (reply.status != 201) continue;
            expected.ordered(user, reply);
            if (random() % 4 == 0) continue;
            user.at(url).delete_("/api/orders/" + reply.at("id")).expect(204);
            expected.cancelled(reply.at("id"));
        }
    });
    pauser.request_stop();
    pauser.join();
    std::cout << "orders: " << orders.text() << "; edits: " << edits.text() << std::endl;
    EXPECT_EQ(orders[201] + orders[409], threads * rounds) << orders.text();
    EXPECT_EQ(edits[200] + edits[409], rounds) << edits.text();
    expect_invariants_hold(*databases, url, &expected);
}

}  // namespace
}  // namespace stagedoor::testing
