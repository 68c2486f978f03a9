// Sellers edit and withdraw listings while buyers order.
#include "tests/race/shared_marketplaces.hpp"

namespace stagedoor::testing {
namespace {

TEST_F(DatabaseRace, one_of_twenty_edits_of_the_same_version_wins) {
    auto seller = sign_up(shared().url);
    for (int round = 0; round < 10; ++round) {
        auto listed = seller.at(shared().url).post("/api/tickets", Offer{}.json()).expect(201);
        Tally tally;
        all_at_once(
            20, [](int) { connect(shared().url); },
            [&](int i) {
                auto reply =
                    seller.at(shared().url)
                        .put("/api/tickets/" + listed.at("id"),
                             R"({"title":"edit )" + std::to_string(i) + R"(","price":1,"version":1})");
                tally.add(reply.status);
                if (reply.status == 200) shared().expected.listed(seller, reply);
            });
        EXPECT_EQ(tally[200], 1) << tally.text();
        EXPECT_EQ(tally[409], 19) << tally.text();
    }
}

TEST_F(Race, edits_and_withdrawals_against_holds) {
    constexpr int listings = 8, buyers = 16;
    const int rounds = rounds_here(40);
    auto base_seed = seed();
    auto seller = sign_up(shared().url);
    std::vector<std::string> ids;
    for (int i = 0; i < listings; ++i) {
        auto listed = seller.at(shared().url).post("/api/tickets", Offer{.quantity = 10}.json()).expect(201);
        shared().expected.listed(seller, listed);
        ids.push_back(listed.at("id"));
    }
    Tally edits, orders, withdrawals;
    {
        InvariantWatch watch{shared().marketplace->databases()};
        all_at_once(buyers + 2, [&](int i) {
            std::mt19937_64 random{base_seed + 1000 + static_cast<unsigned>(i)};
            for (int round = 0; round < rounds; ++round) {
                const auto& id = ids[random() % ids.size()];
                if (i >= buyers) {  // a seller
                    auto quantity = std::to_string(1 + random() % 20);
                    auto reply = seller.at(shared().url)
                                     .put("/api/tickets/" + id, R"({"title":"Edited","price":)" + quantity +
                                                                    R"(,"quantity":)" + quantity + "}");
                    edits.add(reply.status);
                    if (reply.status == 200) shared().expected.listed(seller, reply);
                    if (round % 10 != 9) continue;
                    withdrawals.add(seller.at(shared().url)
                                        .delete_("/api/tickets/" + ids[static_cast<std::size_t>(round / 10)])
                                        .status);
                    shared().expected.withdrawn(ids[static_cast<std::size_t>(round / 10)]);
                } else {
                    auto reply = order(shared().visitor(i), {{id, static_cast<int>(1 + random() % 3)}});
                    orders.add(reply.status);
                    if (reply.status != 201) continue;
                    shared().expected.ordered(shared().user(i), reply);
                    if (random() % 3 == 0) continue;  // keeps the hold
                    shared().visitor(i).delete_("/api/orders/" + reply.at("id")).expect(204);
                    shared().expected.cancelled(reply.at("id"));
                }
            }
        });
    }
    std::cout << "edits: " << edits.text() << "; orders: " << orders.text()
              << "; withdrawals: " << withdrawals.text() << std::endl;
    EXPECT_EQ(edits[200] + edits[409], 2 * rounds) << edits.text();
    EXPECT_EQ(orders[201] + orders[409], buyers * rounds) << orders.text();
    EXPECT_EQ(withdrawals[204], withdrawals.total()) << withdrawals.text();
}

}  // namespace
}  // namespace stagedoor::testing
