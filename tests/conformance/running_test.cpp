// A marketplace as a whole while it starts and stops: time to ready, memory, requests in progress.
#include <iostream>

#include "tests/conformance/shared_marketplace.hpp"

namespace stagedoor::testing {
namespace {

// Waits for a slow charge, but not for one with an unknown outcome, which the next start resolves.
TEST(Running, drains_while_charges_are_in_flight) {
    auto marketplace = make_marketplace({});
    marketplace->start();
    auto url = marketplace->base_url();
    auto seller = sign_up(url).at(url), buyer = sign_up(url).at(url);
    auto ticket = list_ticket(seller, {.quantity = 2});
    auto slow = order(buyer, {{ticket}}).expect(201).at("id"),
         silent = order(buyer, {{ticket}}).expect(201).at("id");
    auto databases = marketplace->databases();
    auto charging = [&] {
        return databases->number("payments", "SELECT count(*) FROM payments WHERE status = 'charging'");
    };
    all_at_once(3, [&](int i) {
        if (i == 0) {
            pay(buyer, slow, slow_card).expect(201);
        } else if (i == 1) {
            try {
                pay(buyer, silent, lost_response_card).expect(503);
            } catch (const NoResponse&) {
            }
        } else {
            EXPECT_TRUE(becomes_true([&] { return charging() == 2; }, 5s, 1ms));
            EXPECT_EQ(marketplace->stop(10s), 0);
        }
    });
    EXPECT_EQ(charging(), 1);
    marketplace->start();
    expect_invariants_hold(*marketplace);
    for (const auto& each : {slow, silent})
        EXPECT_EQ(buyer.get("/api/orders/" + each).at("status"), "complete");
    EXPECT_EQ(marketplace->stop(), 0);
}

TEST(Running, is_ready_as_soon_on_existing_data_and_small_when_idle) {
    auto marketplace =
        make_marketplace({.environment = {{"STAGEDOOR_RATE_LIMITS", "off"}, {"STAGEDOOR_DRAIN_DELAY", "0"}}});
    auto first = marketplace->start();
    auto users = sign_up_many(marketplace->base_url(), 20);
    parallel_for(2000, 4, [&](int i) {
        (void)list_ticket(users[static_cast<std::size_t>(i % 20)].at(marketplace->base_url()),
                          {.title = "Listing " + std::to_string(i)});
    });
    auto after_load = marketplace->resident_kib();
    auto best = std::chrono::milliseconds::max();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(marketplace->stop(), 0);
        best = std::min(best, marketplace->start());
    }
    auto idle = marketplace->resident_kib();
    std::cout << "ready after " << first.count() << " ms on no data, " << best.count()
              << " ms on existing data; " << after_load / 1024 << " MiB after load, " << idle / 1024
              << " MiB idle" << std::endl;
    EXPECT_LT(best, 2 * first) << "what a start does must not grow with the data";
    EXPECT_LT(idle, 100 * 1024);
    EXPECT_LT(after_load, 100 * 1024);
    EXPECT_EQ(users[0].at(marketplace->base_url()).get("/api/tickets/mine").expect(200).count(),
              50u);  // sessions survive a restart
    expect_invariants_hold(*marketplace);
    EXPECT_EQ(marketplace->stop(), 0);
}

TEST(Running, honours_its_public_url) {
    auto marketplace = make_marketplace({.environment = {{"STAGEDOOR_PUBLIC_URL", "https://tickets.example"},
                                                         {"STAGEDOOR_PAYMENT_PROVIDER", "test"}}});
    marketplace->start();
    auto reply =
        Client{marketplace->base_url()}
            .with("Origin", "https://tickets.example")
            .post("/api/users/signup", R"({"email":"a@example.com","password":"seven green umbrellas"})")
            .expect(201);
    auto set = std::string{reply.header("Set-Cookie")};
    EXPECT_TRUE(set.starts_with("__Host-session=")) << set;
    EXPECT_NE(set.find("Secure"), std::string::npos) << set;
    auto plain = reply.cookie().substr(7);  // with https the plain cookie name is ignored
    Client{marketplace->base_url()}.with("Cookie", plain).get("/api/orders").expect(401);
    Client{marketplace->base_url()}.with("Cookie", reply.cookie()).get("/api/orders").expect(200);
    marketplace->kill();
}

}  // namespace
}  // namespace stagedoor::testing
