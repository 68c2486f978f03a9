// Migrations run once and in order, even if several programs start at once.
#include "common/idempotency/idempotent.hpp"
#include "testing/databases/drivers.hpp"

namespace stagedoor::sql {
namespace {

class Migrations : public DatabaseTest {
  protected:
    std::vector<Migration> steps{
        {"a", 1,
         "CREATE TABLE notes (position BIGSERIAL PRIMARY KEY, text TEXT NOT NULL);\n"
         "INSERT INTO notes(text) VALUES ('a1; -- no comment'); -- the first\n"},
        {"b", 1, "INSERT INTO notes(text) VALUES ('b1')"},
        {"a", 2, "ALTER TABLE notes ADD COLUMN length BIGINT; UPDATE notes SET length = 7;"},
    };

    std::vector<std::string> notes() {
        return read([](Tx& tx) { return tx.query<std::string>("SELECT text FROM notes ORDER BY position"); });
    }
};

TEST_P(Migrations, run_in_order_and_once) {
    database->migrate(steps);
    database->migrate(steps);
    EXPECT_EQ(notes(), (std::vector<std::string>{"a1; -- no comment", "b1"}));
    EXPECT_EQ(read([](Tx& tx) { return tx.find<std::int64_t>("SELECT sum(length) FROM notes"); }), 14);
    reopen({});
    steps.push_back({"b", 2, "INSERT INTO notes(text) VALUES ('b2')"});
    database->migrate(steps);
    EXPECT_EQ(notes().back(), "b2");
    EXPECT_EQ(notes().size(), 3U);
}

TEST_P(Migrations, that_fail_are_rolled_back) {
    steps.push_back({"b", 2, "INSERT INTO notes(text) VALUES ('half'); INSERT INTO nowhere VALUES (1)"});
    try {
        database->migrate(steps);
        ADD_FAILURE() << "nothing was thrown";
    } catch (const DatabaseError& error) {
        EXPECT_TRUE(std::string_view{error.what()}.contains("migration b 2 failed")) << error.what();
    }
    EXPECT_EQ(notes().size(), 2U);
    steps.back().statements = "INSERT INTO notes(text) VALUES ('fixed')";
    database->migrate(steps);
    EXPECT_EQ(notes().back(), "fixed");
}

TEST_P(Migrations, with_gaps_in_their_versions_throw) {
    steps.pop_back();
    steps.push_back({"a", 3, "DELETE FROM notes"});
    EXPECT_THROW(database->migrate(steps), DatabaseError);
}

TEST_P(Migrations, accept_a_schema_newer_than_the_program) {
    database->migrate(steps);
    steps.pop_back();
    EXPECT_NO_THROW(database->migrate(steps));
    EXPECT_NO_THROW(database->migrate(idempotency::migrations()));
}

TEST_P(Migrations, are_safe_when_several_start_at_once) {
    std::unique_ptr<Database> second;
    if (GetParam().shared) second = storage->open({}, clock);
    auto* other = second ? second.get() : database.get();
    {
        std::jthread one{[&] { database->migrate(steps); }};
        std::jthread two{[&] { other->migrate(steps); }};
        std::jthread three{[&] { other->migrate(steps); }};
    }
    EXPECT_EQ(notes(), (std::vector<std::string>{"a1; -- no comment", "b1"}));
    if (second) second->close();
}

TEST_P(Migrations, create_serial_keys_that_are_never_reused) {
    database->migrate(steps);
    write([](Tx& tx) { tx.execute("DELETE FROM notes"); });
    auto position = write([](Tx& tx) {
        return tx.find<std::int64_t>("INSERT INTO notes(text) VALUES ('next') RETURNING position");
    });
    EXPECT_EQ(position, 3);
}

INSTANTIATE_TEST_SUITE_P(Every, Migrations, ::testing::ValuesIn(drivers()), driver_name);

}  // namespace
}  // namespace stagedoor::sql
