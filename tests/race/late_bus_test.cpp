// Edits, withdrawals and holds that cross each other because the bus is late.
#include "tests/race/late_bus.hpp"

namespace stagedoor::testing {
namespace {

TEST_F(LateBus, holds_win_over_an_edit_that_crosses_them) {
    auto id = listed({.quantity = 10});
    bus.pause();
    order(buyer(0), {{id, 8}}).expect(201);  // tickets doesn't know
    selling()
        .put("/api/tickets/" + id, R"({"title":"Fewer","price":1,"quantity":4})")
        .expect(200);  // orders doesn't know
    order(buyer(1), {{id, 1}}).expect(201);
    bus.resume();
    expect_sound_books(*databases, url);
    EXPECT_EQ(databases->number("orders", "SELECT capacity FROM tickets WHERE id = '" + id + "'"), 9);
    EXPECT_EQ(shown(id).at("available"), "0");
    EXPECT_EQ(shown(id).at("quantity"), "4");
    order(buyer(2), {{id}}).expect(409);
}

TEST_F(LateBus, orders_stand_that_were_made_before_the_withdrawal_was_heard) {
    auto id = listed({.quantity = 10});
    bus.pause();
    selling().delete_("/api/tickets/" + id).expect(204);
    auto held = order(buyer(0), {{id, 3}}).expect(201);
    bus.resume();
    expect_sound_books(*databases, url);
    EXPECT_EQ(buyer(0).get("/api/orders/" + held.at("id")).expect(200).at("status"), "created");
    order(buyer(1), {{id}}).expect(409, "no longer on sale");
    buyer(0).delete_("/api/orders/" + held.at("id")).expect(204);
    order(buyer(1), {{id}}).expect(409, "no longer on sale");
    expect_sound_books(*databases, url);
}

TEST_F(LateBus, a_listing_that_cant_arrive_is_503_and_can_be_had_once_it_has) {
    bus.pause();
    auto id = list_ticket(selling());
    auto begun = std::chrono::steady_clock::now();
    order(buyer(0), {{id}}).expect(503);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 4s);
    bus.resume();
    order(buyer(0), {{id}}).expect(201);
    order(buyer(0), {{"0190f3a0-0000-7000-8000-000000000000"}}).expect(404);
    expect_sound_books(*databases, url);
}

TEST_F(LateBus, a_request_waits_for_a_listing_that_comes_meanwhile) {
    bus.pause();
    auto id = list_ticket(selling());
    Reply reply;
    {
        std::jthread waiting{[&] { reply = order(buyer(0), {{id}}); }};
        bus.resume();
    }
    reply.expect(201);
    expect_sound_books(*databases, url);
}

TEST_F(LateBus, nobody_is_signed_out_of_what_cant_hear_it_until_it_does) {
    auto user = sign_up(url);
    bus.pause();
    user.at(url).post("/api/users/signout").expect(200);
    user.at(url).get("/api/users/sessions").expect(401);  // auth knows
    user.at(url).get("/api/orders").expect(200);          // orders can't
    bus.resume();
    EXPECT_TRUE(comes_true([&] { return user.at(url).get("/api/orders").status == 401; }, 2s));
}

TEST_F(LateBus, everything_converges_however_often_the_bus_stops) {
    constexpr int rounds = 60, threads = 8;
    auto chance_seed = seed();
    Answers answers;
    std::vector<std::string> ids;
    for (int i = 0; i < 6; ++i) ids.push_back(listed({.quantity = 8}));
    Tally orders, edits;
    std::jthread stutter{[&](const std::stop_token& stopping) {
        std::mt19937_64 random{chance_seed};
        while (!stopping.stop_requested()) {
            bus.pause();
            std::this_thread::sleep_for(std::chrono::milliseconds{random() % 40});
            bus.resume();
            std::this_thread::sleep_for(std::chrono::milliseconds{random() % 10});
        }
    }};
    all_at_once(threads + 1, [&](int i) {
        std::mt19937_64 random{chance_seed + static_cast<unsigned>(i)};
        for (int round = 0; round < rounds; ++round) {
            const auto& id = ids[random() % ids.size()];
            if (i == threads) {
                auto quantity = std::to_string(1 + random() % 16);
                auto reply =
                    selling().put("/api/tickets/" + id, R"({"title":"Edit )" + std::to_string(round) +
                                                            R"(","price":2,"quantity":)" + quantity + "}");
                edits.add(reply.status);
                if (reply.status == 200) answers.listed(seller, reply);
                if (round == rounds - 10) selling().delete_("/api/tickets/" + ids[0]).expect(204);
                continue;
            }
            const auto& user = people[static_cast<std::size_t>(i)];
            auto reply = order(user.at(url), {{id, static_cast<int>(1 + random() % 3)}});
            orders.add(reply.status);
            if (reply.status != 201) continue;
            answers.ordered(user, reply);
            if (random() % 4 == 0) continue;
            user.at(url).delete_("/api/orders/" + reply.at("id")).expect(204);
            answers.cancelled(reply.at("id"));
        }
    });
    stutter.request_stop();
    stutter.join();
    std::cout << "orders: " << orders.text() << "; edits: " << edits.text() << std::endl;
    EXPECT_EQ(orders[201] + orders[409], threads * rounds) << orders.text();
    EXPECT_EQ(edits[200] + edits[409], rounds) << edits.text();
    expect_sound_books(*databases, url, &answers);
}

}  // namespace
}  // namespace stagedoor::testing
