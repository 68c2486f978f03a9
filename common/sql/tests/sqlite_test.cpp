// What only the SQLite driver guarantees: how transactions are grouped, and that only one program opens the
// file.
#include "common/sql/sqlite/dialect.hpp"
#include "testing/databases/drivers.hpp"

namespace stagedoor::sql {
namespace {

class Sqlite : public ::testing::Test {
  protected:
    Sqlite() { open(); }
    void open() {
        database = open_sqlite({.path = folder.file("test.db"), .metrics = &metrics, .name = "test"}, clock);
        database->migrate({{"test", 1, "CREATE TABLE things (id TEXT PRIMARY KEY, number BIGINT)"}});
    }
    template <class F>
    auto start_write(F fn) {
        return loop.start(database->write(std::move(fn)));
    }

    runtime::ManualClock clock;
    runtime::Metrics metrics;
    TemporaryFolder folder;
    EventLoopThread loop;  // outlives the database, whose threads post to it
    std::unique_ptr<Database> database;
};

bool is_complete(auto& result) {
    return result.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
}

TEST_F(Sqlite, no_caller_gets_a_result_before_the_commit_of_its_group) {
    HeldWriter held{*database, loop};
    auto succeeds = start_write([](Tx& tx) { add_thing(tx, "a"); });
    auto fails = start_write([](Tx&) { throw Conflict("rejected"_text); });
    bool early = false;
    auto last = start_write([&](Tx&) {
        catch_up(loop);  // a result already posted would arrive now
        early = is_complete(succeeds) || is_complete(fails);
    });
    catch_up(loop);
    held.release();
    last.get();
    EXPECT_FALSE(early);
    EXPECT_NO_THROW(succeeds.get());
    EXPECT_THROW(fails.get(), Conflict);
}

TEST_F(Sqlite, waiting_transactions_share_commits_in_groups_of_up_to_64) {
    HeldWriter held{*database, loop};
    std::vector<std::future<void>> all;
    for (int i = 0; i < 100; ++i)
        all.push_back(start_write([i](Tx& tx) { add_thing(tx, std::to_string(i)); }));
    catch_up(loop);
    held.release();
    for (auto& each : all) each.get();
    database->close();
    auto text = metrics.to_text();
    // Two of migrate(), one of HeldWriter; then 64 and 36.
    EXPECT_TRUE(text.contains(R"(stagedoor_sql_group_size_bucket{database="test",le="1"} 3)")) << text;
    EXPECT_TRUE(text.contains(R"(stagedoor_sql_group_size_bucket{database="test",le="32"} 3)")) << text;
    EXPECT_TRUE(text.contains(R"(stagedoor_sql_group_size_bucket{database="test",le="64"} 5)")) << text;
    EXPECT_TRUE(text.contains(R"(stagedoor_sql_commit_seconds_count{database="test"} 5)")) << text;
    EXPECT_TRUE(text.contains(R"(stagedoor_sql_queue{database="test"} 0)")) << text;
}

TEST_F(Sqlite, counts_busy_connections) {
    auto is_busy = [&](int number) {
        auto line =
            R"(stagedoor_sql_connections{database="test",state="busy"} )" + std::to_string(number) + "\n";
        return metrics.to_text().contains(line);
    };
    HeldWriter held{*database, loop};
    EXPECT_TRUE(is_busy(1));
    held.release();
    database->close();
    EXPECT_TRUE(is_busy(0));
    EXPECT_TRUE(metrics.to_text().contains(R"(stagedoor_sql_connections{database="test",state="open"} 0)"));
}

TEST_F(Sqlite, a_file_cannot_be_opened_twice) {
    try {
        auto second = open_sqlite({.path = folder.file("test.db"), .name = "second"}, clock);
        ADD_FAILURE() << "nothing was thrown";
    } catch (const DatabaseError& error) {
        EXPECT_TRUE(std::string_view{error.what()}.contains("is open in another program")) << error.what();
    }
    EXPECT_NO_THROW(start_write([](Tx& tx) { add_thing(tx, "a"); }).get());
    database->close();
    EXPECT_NO_THROW(open());
}

TEST_F(Sqlite, close_leaves_no_write_ahead_log) {
    start_write([](Tx& tx) { add_thing(tx, "a"); }).get();
    database->close();
    EXPECT_FALSE(std::filesystem::exists(folder.file("test.db-wal")));
}

TEST_F(Sqlite, the_write_ahead_log_is_restarted_again_and_again) {
    std::string text(1'000, 'x');
    for (int i = 0; i < 200; ++i) {
        start_write([&](Tx& tx) {
            for (int j = 0; j < 500; ++j) add_thing(tx, std::to_string(i) + "/" + std::to_string(j) + text);
        }).get();
    }
    EXPECT_LT(std::filesystem::file_size(folder.file("test.db-wal")), 40'000'000U);
    EXPECT_GT(std::filesystem::file_size(folder.file("test.db")), 80'000'000U);
}

TEST(SqliteDialect, renumbers_parameters_but_leaves_texts_and_comments_alone) {
    EXPECT_EQ(sqlite::to_sqlite("SELECT $2, $10 WHERE a = $1"), "SELECT ?2, ?10 WHERE a = ?1");
    EXPECT_EQ(sqlite::to_sqlite("'$1 it''s $2' \"$3\" -- $4\n$5/*$6*/"),
              "'$1 it''s $2' \"$3\" -- $4\n?5/*$6*/");
    EXPECT_EQ(sqlite::to_sqlite("a$1 $ $x"), "a$1 $ $x");
    EXPECT_EQ(sqlite::to_sqlite("'open $1"), "'open $1");
}

TEST(SqliteDialect, translates_the_keywords_that_differ) {
    EXPECT_EQ(sqlite::to_sqlite("id BIGSERIAL PRIMARY KEY,"), "id INTEGER PRIMARY KEY AUTOINCREMENT,");
    EXPECT_EQ(sqlite::to_sqlite("SELECT 1 FOR UPDATE"), "SELECT 1 ");
    EXPECT_EQ(sqlite::to_sqlite("SELECT 1 FOR UPDATE SKIP LOCKED;"), "SELECT 1 ;");
    EXPECT_EQ(sqlite::to_sqlite("SELECT 'FOR UPDATE', FOR UPDATED"), "SELECT 'FOR UPDATE', FOR UPDATED");
}

}  // namespace
}  // namespace stagedoor::sql
