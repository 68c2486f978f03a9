// Kills `stagedoor import` at random moments and starts it again, until it gets to the end: then every line
// is listed once, and the marketplace sells it.
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <random>

#include "fleet/postgres_server.hpp"
#include "testing/model/customers.hpp"
#include "testing/processes/marketplace.hpp"
#include "testing/processes/process.hpp"
#include "testing/seed.hpp"

namespace stagedoor::testing {
namespace {

constexpr int listings = 60'000, wanted_kills = 4;

std::string write_listings(const runtime::TemporaryFolder& folder) {
    auto path = folder.file("shows.jsonl");
    std::ofstream file{path};
    for (int i = 0; i < listings; ++i)
        file << R"({"title":"Show )" << i << R"(","price":)" << 1 + i % 90
             << R"(,"quantity":5,"city":"Wien"})"
             << "\n";
    return path;
}

// Kills it a few times, each after at least one more batch, then lets it end. `lines` is how far it has come.
void import_with_kills(const std::string& program, const std::vector<std::string>& arguments,
                       const Variables& environment, const std::function<std::int64_t()>& lines) {
    runtime::TemporaryFolder output;
    std::mt19937_64 random{seed()};
    for (int kills = 0; kills < wanted_kills; ++kills) {
        auto before = lines();
        Process import{program, arguments, environment, output.path()};
        ASSERT_TRUE(becomes_true([&] { return import.ended() || lines() > before; }, 60s)) << import.errors();
        std::this_thread::sleep_for(
            std::chrono::milliseconds{random() % 60});  // some moment of the next batch
        ASSERT_FALSE(import.ended()) << "too fast to be killed: " << import.output() << import.errors();
        import.signal(SIGKILL);
        (void)import.wait(10s);
        std::cout << "killed after line " << lines() << std::endl;
    }
    auto done = run(program, arguments, environment, 120s);
    EXPECT_EQ(done.exit.code, 0) << done.errors;
    EXPECT_TRUE(done.output.contains("continuing after line ")) << done.output;
    auto again = run(program, arguments, environment, 60s);
    EXPECT_EQ(again.exit.code, 1);
    EXPECT_TRUE(again.errors.contains("was imported for this seller at ")) << again.errors;
}

TEST(Crash, of_an_import_in_one_process_loses_and_repeats_nothing) {
    if (!is_one_process()) GTEST_SKIP() << "the same in every shape";
    runtime::TemporaryFolder folder;
    auto file = write_listings(folder);
    auto data = folder.file("data");
    auto marketplace = make_one_process({.environment = {{"STAGEDOOR_RATE_LIMITS", "off"}}, .data = data});
    marketplace->start();
    auto seller = sign_up(marketplace->base_url()), buyer = sign_up(marketplace->base_url());
    EXPECT_EQ(marketplace->stop(), 0);
    auto databases = open_sqlite_files(data);
    import_with_kills(stagedoor_program(), {"import", seller.email, file, "--data", data}, {}, [&] {
        return databases->number("tickets", "SELECT coalesce(max(lines), 0) FROM imports");
    });
    auto count = [&](const std::string& service, const std::string& what) {
        return databases->number(service, "SELECT count(" + what + ") FROM tickets");
    };
    EXPECT_EQ(count("tickets", "*"), listings);
    EXPECT_EQ(count("tickets", "DISTINCT title"), listings);
    EXPECT_EQ(databases->number("tickets", "SELECT count(DISTINCT entity_id) FROM outbox"), listings);

    marketplace->start();
    EXPECT_TRUE(becomes_true([&] { return count("orders", "*") == listings; }, 120s, 100ms));
    auto at = buyer.at(marketplace->base_url());
    auto found = at.get("/api/tickets?q=39999").expect(200);
    ASSERT_EQ(found.count(), 1u);
    auto placed = order(at, {{found.at("[0].id"), 2}}).expect(201);
    pay(at, placed.at("id")).expect(201);
    EXPECT_TRUE(becomes_true([&] { return at.get("/api/tickets?q=39999").at("[0].available") == "3"; }, 10s));
    EXPECT_EQ(marketplace->stop(), 0);
}

TEST(Crash, of_an_import_on_postgresql_loses_and_repeats_nothing) {
    if (!is_one_process()) GTEST_SKIP() << "the same in every shape";
    runtime::TemporaryFolder folder;
    auto file = write_listings(folder);
    fleet::TemporaryPostgres postgres{"tickets"};
    auto program = std::filesystem::path{stagedoor_program()}.parent_path() / "stagedoor-tickets";
    const Variables environment{
        {"DATABASE_URL", postgres.server.url("tickets")},
        {"NATS_URL", "nats://127.0.0.1:1"},  // the import does without
        {"EVENT_SIGNATURES", "off"},
        {"EVENT_PUBLIC_KEYS", "auth=" + std::string(64, 'a') + ",payments=" + std::string(64, 'a')}};
    auto databases = open_postgres_databases(postgres.server);
    auto number = [&](const std::string& statement) { return databases->number("tickets", statement); };
    auto exists = [&] { return number("SELECT count(*) FROM pg_tables WHERE tablename = 'imports'") == 1; };
    import_with_kills(program, {"import", "019a0000-0000-7000-8000-000000000001", file}, environment,
                      [&] { return exists() ? number("SELECT coalesce(max(lines), 0) FROM imports") : 0; });
    EXPECT_EQ(number("SELECT count(*) FROM tickets"), listings);
    EXPECT_EQ(number("SELECT count(DISTINCT title) FROM tickets"), listings);
    EXPECT_EQ(number("SELECT count(DISTINCT entity_id) FROM outbox"), listings);
}

}  // namespace
}  // namespace stagedoor::testing
