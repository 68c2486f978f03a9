// Many buyers, few tickets.
#include "tests/race/shared_marketplaces.hpp"

namespace stagedoor::testing {
namespace {

struct Held {
    int buyer;
    std::string order;
};

// `buyers` users order `quantity` tickets each of one listing at once. Returns the orders that succeeded.
std::vector<Held> rush(const std::string& ticket, int buyers, int quantity, Tally& tally) {
    std::mutex mutex;
    std::vector<Held> held;
    all_at_once(
        buyers, [](int) { connect(shared().url); },
        [&](int i) {
            auto reply = order(shared().visitor(i), {{ticket, quantity}});
            tally.add(reply.status);
            if (reply.status != 201) return;
            shared().expected.ordered(shared().user(i), reply);
            std::lock_guard lock{mutex};
            held.push_back({i, reply.at("id")});
        });
    return held;
}

User& seller_user() {
    static User seller = sign_up(shared().url);
    return seller;
}
Client seller() { return seller_user().at(shared().url); }

TEST_F(DatabaseRace, two_hundred_buyers_and_the_last_ticket) {
    for (int round = 0; round < 5; ++round) {
        auto ticket = list_ticket(seller());
        Tally tally;
        auto held = rush(ticket, 200, 1, tally);
        std::cout << "200 buyers, 1 ticket: " << tally.text() << std::endl;
        EXPECT_EQ(tally[201], 1);
        EXPECT_EQ(tally[409], 199);
        EXPECT_EQ(held.size(), 1u);
    }
}

TEST_F(DatabaseRace, two_hundred_buyers_and_37_tickets) {
    auto ticket = list_ticket(seller(), {.quantity = 37});
    Tally tally;
    (void)rush(ticket, 200, 1, tally);
    EXPECT_EQ(tally[201], 37);
    EXPECT_EQ(tally[409], 163);

    auto pairs = list_ticket(seller(), {.quantity = 37});
    Tally by_two;
    (void)rush(pairs, 200, 2, by_two);
    EXPECT_EQ(by_two[201], 18);
    EXPECT_EQ(by_two[409], 182);
}

TEST_F(Race, cancels_and_new_orders_at_once) {
    auto ticket = list_ticket(seller(), {.quantity = 100});
    Tally tally;
    auto held = rush(ticket, 100, 1, tally);
    ASSERT_EQ(held.size(), 100u);
    Tally cancels, orders;
    all_at_once(
        200, [](int) { connect(shared().url); },
        [&](int i) {
            if (i < 100) {
                auto& each = held[static_cast<std::size_t>(i)];
                auto status = shared().visitor(each.buyer).delete_("/api/orders/" + each.order).status;
                cancels.add(status);
                if (status == 204) shared().expected.cancelled(each.order);
            } else {
                auto reply = order(shared().visitor(i), {{ticket}});
                orders.add(reply.status);
                if (reply.status == 201) shared().expected.ordered(shared().user(i), reply);
            }
        });
    std::cout << "cancels: " << cancels.text() << "; orders meanwhile: " << orders.text() << std::endl;
    EXPECT_EQ(cancels[204], 100);
    EXPECT_EQ(orders[201] + orders[409], 100);
    // All 100 were released, each once: exactly that many can be ordered now.
    Tally later;
    for (int i = 0; i < 101 - orders[201]; ++i) later.add(order(shared().visitor(i), {{ticket}}).status);
    EXPECT_EQ(later[201], 100 - orders[201]);
    EXPECT_EQ(later[409], 1);
}

TEST_F(Race, one_order_cancelled_twenty_times_at_once_is_released_once) {
    for (int round = 0; round < 10; ++round) {
        auto ticket = list_ticket(seller(), {.quantity = 5});
        auto mine = order(shared().visitor(1), {{ticket, 2}}).expect(201),
             other = order(shared().visitor(2), {{ticket, 3}}).expect(201);
        Tally tally;
        all_at_once(
            20, [](int) { connect(shared().url); },
            [&](int) { tally.add(shared().visitor(1).delete_("/api/orders/" + mine.at("id")).status); });
        EXPECT_EQ(tally[204], 20) << tally.text();
        EXPECT_EQ(shared().visitor(1).get("/api/orders/" + mine.at("id")).at("version"), "2");
        order(shared().visitor(3), {{ticket, 3}}).expect(409);
        order(shared().visitor(3), {{ticket, 2}}).expect(201);
        shared().expected.ordered(shared().user(2), other);
    }
}

// Overlapping baskets with their items in any order: no deadlock, no partial hold.
TEST_F(DatabaseRace, overlapping_baskets_in_opposite_order) {
    constexpr int tickets = 6, threads = 24;
    const int rounds = rounds_here(60);
    std::vector<std::string> ids;
    for (int i = 0; i < tickets; ++i) ids.push_back(list_ticket(seller(), {.quantity = 12}));
    Tally orders, cancels;
    auto start = std::chrono::steady_clock::now();
    auto base_seed = seed();
    {
        InvariantWatch watch{shared().marketplace->databases()};
        all_at_once(threads, [&](int i) {
            std::mt19937_64 random{base_seed + static_cast<unsigned>(i)};
            std::vector<std::string> held;
            for (int round = 0; round < rounds; ++round) {
                auto shuffled = ids;
                if (i % 2) std::ranges::reverse(shuffled);
                if (round % 3 == 0) std::ranges::shuffle(shuffled, random);
                std::vector<OrderItem> items;
                auto count = 2 + random() % (tickets - 1);
                for (std::size_t k = 0; k < count; ++k)
                    items.push_back({shuffled[k], static_cast<int>(1 + random() % 2)});
                auto reply = order(shared().visitor(i), items);
                orders.add(reply.status);
                if (reply.status == 201) {
                    shared().expected.ordered(shared().user(i), reply);
                    held.push_back(reply.at("id"));
                }
                if (held.size() > 1 || (!held.empty() && random() % 2)) {
                    cancels.add(shared().visitor(i).delete_("/api/orders/" + held.back()).status);
                    shared().expected.cancelled(held.back());
                    held.pop_back();
                }
            }
        });
    }
    auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    std::cout << threads * rounds << " baskets in " << took.count() << " ms: " << orders.text()
              << "; cancels: " << cancels.text() << std::endl;
    EXPECT_EQ(orders[201] + orders[409], threads * rounds) << orders.text();
    EXPECT_EQ(cancels[204], cancels.total()) << cancels.text();
    EXPECT_GT(orders[201], 0);
    EXPECT_LT(took, 60s);
}

// Cancelling it releases other listings' tickets, which are ordered at the same time.
TEST_F(DatabaseRace, a_listing_in_many_baskets_is_cancelled_while_the_rest_is_ordered) {
    constexpr int baskets = 40, buyers = 40;
    Tally orders;
    for (int round = 0; round < rounds_here(9); ++round) {
        std::vector<std::string> others;
        for (int i = 0; i < 4; ++i) others.push_back(list_ticket(seller(), {.quantity = 500}));
        auto cancelled = list_ticket(seller(), {.quantity = 500});
        parallel_for(baskets, 8, [&](int i) {
            auto reply = order(shared().visitor(i), {{cancelled}, {others[static_cast<std::size_t>(i) % 4]}});
            shared().expected.ordered(shared().user(i), reply.expect(201));
        });
        all_at_once(
            buyers + 1, [](int) { connect(shared().url); },
            [&](int i) {
                if (i == buyers) {
                    cancel_listing(seller(), cancelled).expect(200);
                    shared().expected.listing_cancelled(cancelled);
                    return;
                }
                for (int k = 0; k < 5; ++k) {
                    auto reply =
                        order(shared().visitor(i), {{others[0]}, {others[1]}, {others[2]}, {others[3]}});
                    orders.add(reply.status);
                    if (reply.status == 201) shared().expected.ordered(shared().user(i), reply);
                }
            });
    }
    EXPECT_EQ(orders[201], orders.total()) << orders.text();
}

TEST_F(DatabaseRace, one_idempotency_key_twenty_times_at_once_is_one_order) {
    for (int round = 0; round < 10; ++round) {
        auto ticket = list_ticket(seller(), {.quantity = 50});
        auto key = unique_email("key");
        auto request = basket({{ticket, 2}});
        std::mutex mutex;
        std::set<std::string> bodies;
        Tally tally;
        all_at_once(
            20, [](int) { connect(shared().url); },
            [&](int) {
                auto reply = shared().visitor(7).with("Idempotency-Key", key).post("/api/orders", request);
                tally.add(reply.status);
                if (reply.status == 201) shared().expected.ordered(shared().user(7), reply, key, request);
                std::lock_guard lock{mutex};
                bodies.insert(reply.body);
            });
        EXPECT_EQ(tally[201], 20) << tally.text();
        EXPECT_EQ(bodies.size(), 1u);
        EXPECT_TRUE(
            becomes_true([&] { return seller().get("/api/tickets/" + ticket).at("available") == "48"; }, 2s));
    }
}

TEST_F(DatabaseRace, two_sign_ups_with_one_address) {
    for (int round = 0; round < 10; ++round) {
        auto email = unique_email("twin");
        auto uppercase = email;
        std::ranges::transform(uppercase, uppercase.begin(),
                               [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        Tally tally;
        all_at_once(
            2, [](int) { connect(shared().url); },
            [&](int i) {
                auto body = R"({"email":)" + json_text(i ? uppercase : email) + R"(,"password":)" +
                            json_text(good_password) + "}";
                tally.add(Client{shared().url}.post("/api/users/signup", body).status);
            });
        EXPECT_EQ(tally[201], 1) << tally.text();
        EXPECT_EQ(tally[409], 1) << tally.text();
    }
}

}  // namespace
}  // namespace stagedoor::testing
