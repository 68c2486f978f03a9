// The moment a hold expires: its buyer cancels, others order and the expiration service releases it, all at
// once.
#include "tests/race/shared_marketplaces.hpp"

namespace stagedoor::testing {
namespace {

std::string url() { return short_holds().url; }
const User& user(int i) { return short_holds().user(i); }

TEST(ExpiryRace, cancel_against_expiry_against_a_new_order) {
    constexpr int listings = 15;
    const int rounds = rounds_here(8);
    auto& expected = short_holds().expected;
    auto databases = short_holds().marketplace->databases();
    std::atomic<std::int64_t> latest_ms = 0, soonest_ms = 1'000'000;
    std::atomic<int> by_cancel = 0;
    for (int round = 0; round < rounds; ++round) {
        std::vector<std::string> tickets;
        std::vector<Response> held;
        for (int i = 0; i < listings; ++i) {
            tickets.push_back(list_ticket(user(30).at(url())));
            held.push_back(order(user(i).at(url()), {{tickets.back()}}).expect(201));
            expected.ordered(user(i), held.back());
        }
        std::vector<std::atomic<std::int64_t>> cancelled_at(listings);
        std::vector<std::atomic<int>> winners(listings);
        // Three threads per listing: its holder, cancelling every second time, and two rivals.
        all_at_once(
            3 * listings, [](int) { connect(url()); },
            [&](int thread) {
                auto i = static_cast<std::size_t>(thread / 3);
                auto end = time_ms(held[i], "expiresAt");
                (void)becomes_true([&] { return now_ms() >= end - 5; }, 3s, 1ms);
                if (thread % 3 == 0) {
                    if (i % 2) return;
                    user(static_cast<int>(i))
                        .at(url())
                        .delete_("/api/orders/" + held[i].at("id"))
                        .expect(204);
                    cancelled_at[i] = now_ms();
                    expected.cancelled(held[i].at("id"));
                    return;
                }
                const auto& rival = user(static_cast<int>(i) + (thread % 3) * 7 + 1);
                while (now_ms() < end + 900 && winners[i] == 0) {
                    auto reply = order(rival.at(url()), {{tickets[i]}});
                    EXPECT_TRUE(reply.status == 201 || reply.status == 409) << reply.status << reply.body;
                    if (reply.status != 201) continue;
                    ++winners[i];
                    expected.ordered(rival, reply);
                    // Measured when the response arrives: createdAt is the time of the request, which may
                    // have waited in a queue.
                    auto after = now_ms() - end;
                    if (i % 2) {  // nobody cancelled: not a millisecond early
                        EXPECT_GE(after, 0);
                        for (auto known = latest_ms.load();
                             known < after && !latest_ms.compare_exchange_weak(known, after);) {
                        }
                        for (auto known = soonest_ms.load();
                             known > after && !soonest_ms.compare_exchange_weak(known, after);) {
                        }
                    } else if (after < 0) {
                        ++by_cancel;
                    }
                }
            });
        for (std::size_t i = 0; i < listings; ++i)
            EXPECT_EQ(winners[i], 1) << "listing " << i << " of round " << round;
        for (const auto& broken : broken_invariants(*databases)) ADD_FAILURE() << broken;
    }
    std::cout << rounds * listings << " holds raced for: bought again " << soonest_ms << " to " << latest_ms
              << " ms after they expired, " << by_cancel << " before that, after a cancel" << std::endl;
    EXPECT_LE(latest_ms, 1000);
    expect_invariants_hold(*short_holds().marketplace, &expected);
    EXPECT_TRUE(
        becomes_true([&] { return databases->number("orders", "SELECT sum(held) FROM tickets") == 0; },
                     3s));  // the last holds expire
}

}  // namespace
}  // namespace stagedoor::testing
