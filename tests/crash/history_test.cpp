// Kills the one process at random moments while it moves old events to segments: the history stays complete,
// and a service that has lost its database reads all of it again.
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <random>

#include "common/runtime/event_loop_thread.hpp"
#include "common/sql/database.hpp"
#include "testing/model/customers.hpp"
#include "testing/processes/marketplace.hpp"
#include "testing/processes/process.hpp"
#include "testing/seed.hpp"

namespace stagedoor::testing {
namespace {

constexpr int imported_listings = 40'000, wanted_crashes = 4;

// Makes all events of a service a hundred days older.
void age_events(const std::string& file) {
    runtime::EventLoopThread loop;
    auto clock = runtime::make_system_clock(loop.executor());
    auto db = sql::open_sqlite({.path = file, .name = "aging"}, *clock);
    loop.wait_for(db->write([](sql::Tx& tx) {
        tx.execute("UPDATE outbox SET time = time - $1",
                   std::chrono::milliseconds{std::chrono::days{100}}.count());
    }));
    db->close();
}

TEST(Crash, while_events_move_to_segments_loses_none) {
    if (!is_one_process()) GTEST_SKIP() << "the same in every shape";
    runtime::TemporaryFolder folder;
    auto data = folder.file("data"), file = folder.file("shows.jsonl");
    {
        std::ofstream lines{file};
        for (int i = 0; i < imported_listings; ++i) lines << R"({"title":"Show","price":5})" << "\n";
    }
    auto marketplace = make_one_process({.environment = {{"STAGEDOOR_RATE_LIMITS", "off"}}, .data = data});
    marketplace->start();
    auto seller = sign_up(marketplace->base_url());
    EXPECT_EQ(marketplace->stop(), 0);
    auto imported = run(stagedoor_program(), {"import", seller.email, file, "--data", data}, {}, 120s);
    ASSERT_EQ(imported.exit.code, 0) << imported.errors;
    auto databases = open_sqlite_files(data);
    marketplace->start();
    ASSERT_TRUE(becomes_true(
        [&] { return databases->number("orders", "SELECT count(*) FROM tickets") == imported_listings; },
        120s, 100ms));
    EXPECT_EQ(marketplace->stop(), 0);
    age_events(data + "/tickets.db");
    age_events(data + "/orders.db");

    auto left = [&] {
        return databases->number("tickets", "SELECT count(*) FROM outbox") +
               databases->number("orders", "SELECT count(*) FROM outbox");
    };
    auto verify = [&] {
        auto result = run(stagedoor_program(), {"history", "verify", "--data", data}, {}, 120s);
        EXPECT_EQ(result.exit.code, 0) << result.errors << result.output;
    };
    std::mt19937_64 random{seed()};
    for (int kills = 0; kills < wanted_crashes; ++kills) {
        auto before = left();
        marketplace->start();
        // The lease of the one that was killed lasts for ten seconds.
        ASSERT_TRUE(becomes_true([&] { return left() < before; }, 60s, 10ms));
        std::this_thread::sleep_for(std::chrono::milliseconds{random() % 300});  // some moment of the move
        marketplace->kill();
        std::cout << "killed with " << left() << " of " << before << " rows left" << std::endl;
        verify();
    }
    marketplace->start();
    EXPECT_TRUE(becomes_true([&] { return left() < 2 * 8192; }, 120s, 100ms)) << left();
    EXPECT_EQ(marketplace->stop(), 0);
    verify();

    for (const auto* suffix : {".db", ".db-wal", ".db-shm"})
        std::filesystem::remove(data + "/notifications" + suffix);
    marketplace->start();
    auto again = open_sqlite_files(data);
    EXPECT_TRUE(becomes_true(
        [&] { return again->number("notifications", "SELECT count(*) FROM listings") == imported_listings; },
        120s, 100ms));
    EXPECT_EQ(marketplace->stop(), 0);
}

}  // namespace
}  // namespace stagedoor::testing
