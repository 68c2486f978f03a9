#include "common/sql/row_inserter.hpp"

#include "testing/databases/drivers.hpp"

namespace stagedoor::sql {
namespace {

class RowInserterTest : public DatabaseTest {
  protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        database->migrate({{"notes", 1, R"(
            CREATE TABLE notes (
                id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL UNIQUE, size BIGINT, kind TEXT);)"}});
    }
    // Rows named by their numbers, [from, to).
    void insert(int from, int to) {
        std::vector<std::string> names;
        for (auto i = from; i < to; ++i) names.push_back(std::to_string(i));
        write([&](Tx& tx) {
            RowInserter rows{tx, "notes(name, size, kind)"};
            for (const auto& name : names)
                rows.add(name, name.size() > 1 ? std::optional{std::int64_t{7}} : std::nullopt,
                         std::optional<std::string>{});
            rows.flush();
        });
    }
    std::int64_t number(std::string_view statement) {
        return read([&](Tx& tx) { return tx.find<std::int64_t>(statement).value(); });
    }
};

TEST_P(RowInserterTest, inserts_any_number_of_rows_in_their_order) {
    auto total = 0;
    for (auto count : {0, 1, 7, 8, 63, 64, 65, 511, 512, 513, 1'600}) {
        insert(total, total + count);
        total += count;
        EXPECT_EQ(number("SELECT count(*) FROM notes"), total);
    }
    auto names = read([](Tx& tx) { return tx.query<std::string>("SELECT name FROM notes ORDER BY id"); });
    for (int i = 0; i < total; ++i) ASSERT_EQ(names.at(static_cast<std::size_t>(i)), std::to_string(i));
    EXPECT_EQ(number("SELECT count(*) FROM notes WHERE size IS NULL AND kind IS NULL"), 10);
    EXPECT_EQ(number("SELECT count(*) FROM notes WHERE size = 7"), total - 10);
}

TEST_P(RowInserterTest, inserts_none_if_one_is_refused) {
    insert(700, 701);
    EXPECT_THROW(insert(0, 1'000), UniqueViolation);
    EXPECT_EQ(number("SELECT count(*) FROM notes"), 1);
    insert(0, 700);
    EXPECT_EQ(number("SELECT count(*) FROM notes"), 701);
}

INSTANTIATE_TEST_SUITE_P(Every, RowInserterTest, ::testing::ValuesIn(drivers()), driver_name);

}  // namespace
}  // namespace stagedoor::sql
