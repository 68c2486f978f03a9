// Limits hold for concurrent requests as well as for sequential ones.
#include "tests/race/shared_marketplaces.hpp"

namespace stagedoor::testing {
namespace {

TEST(Limits, hold_across_parallel_requests) {
    if (is_short_run_on_nodes()) GTEST_SKIP() << "the same with a process per service";
    auto marketplace = make_marketplace({});
    marketplace->start();
    auto url = marketplace->base_url();
    auto seller = sign_up(url), buyer = sign_up(url);
    std::vector<std::string> tickets;
    for (int i = 0; i < 20; ++i) tickets.push_back(list_ticket(seller.at(url), {.quantity = 5}));

    for (int round = 0; round < 5; ++round) {
        Tally tally;
        std::mutex mutex;
        std::vector<std::string> orders;
        all_at_once(
            20, [&](int) { connect(url); },
            [&](int i) {
                auto reply = order(buyer.at(url), {{tickets[static_cast<std::size_t>(i)]}});
                tally.add(reply.status);
                if (reply.status != 201) return;
                std::lock_guard lock{mutex};
                orders.push_back(reply.at("id"));
            });
        std::cout << "20 orders of one buyer at once: " << tally.text() << std::endl;
        EXPECT_EQ(tally[201], 3);
        EXPECT_EQ(tally[409] + tally[429], 17);  // 429: what was held a moment ago without paying
        order(buyer.at(url), {{tickets[0]}}).expect(409, "unpaid");
        for (const auto& each : orders) buyer.at(url).delete_("/api/orders/" + each).expect(204);
    }
    expect_invariants_hold(*marketplace);
    EXPECT_EQ(marketplace->stop(), 0);
}

TEST(Limits, on_attempts_hold_across_parallel_requests) {
    if (is_short_run_on_nodes()) GTEST_SKIP() << "the same with a process per service";
    auto marketplace = make_marketplace({});
    marketplace->start();
    auto url = marketplace->base_url();
    auto user = sign_up(url);
    Tally tally;
    all_at_once(
        30, [&](int) { connect(url); },
        [&](int) {
            tally.add(Client{url}
                          .post("/api/users/signin",
                                R"({"email":)" + json_text(user.email) + R"(,"password":"not the password"})")
                          .status);
        });
    std::cout << "30 wrong passwords at once: " << tally.text() << std::endl;
    EXPECT_EQ(tally[401], 10);
    EXPECT_EQ(tally[429], 20);
    // Until the window ends the right password is rejected too; other users are not affected.
    auto rejected = Client{url}
                        .post("/api/users/signin", R"({"email":)" + json_text(user.email) +
                                                       R"(,"password":)" + json_text(user.password) + "}")
                        .expect(429);
    EXPECT_GT(std::stoi(std::string{rejected.header("Retry-After")}), 0);
    auto other = sign_up(url);
    Client{url}
        .post("/api/users/signin",
              R"({"email":)" + json_text(other.email) + R"(,"password":)" + json_text(other.password) + "}")
        .expect(200);
    user.at(url).get("/api/orders").expect(200);

    Tally sign_ups;  // two signed up above
    parallel_for(70, 8, [&](int) {
        auto body =
            R"({"email":)" + json_text(unique_email()) + R"(,"password":)" + json_text(good_password) + "}";
        sign_ups.add(Client{url}.post("/api/users/signup", body).status);
    });
    std::cout << "70 sign-ups from one address: " << sign_ups.text() << std::endl;
    EXPECT_EQ(sign_ups[201], 58);
    EXPECT_EQ(sign_ups[429], 12);
    expect_invariants_hold(*marketplace);
    EXPECT_EQ(marketplace->stop(), 0);
}

}  // namespace
}  // namespace stagedoor::testing
