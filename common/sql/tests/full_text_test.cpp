// Both databases find the same words, by their index and by reading the column.
#include "common/sql/full_text.hpp"

#include <random>
#include <set>

#include "testing/databases/drivers.hpp"

namespace stagedoor::sql {
namespace {

using Texts = std::vector<std::string>;

class FullText : public DatabaseTest {
  protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        database->migrate({{"notes", 1, R"(
            CREATE TABLE notes (id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL UNIQUE, words TEXT NOT NULL);
            FULL TEXT notes(words);
            INSERT INTO notes(name, words) VALUES ('empty', '');)"}});
    }
    void add(const std::string& name, const std::string& words) {
        write([&](Tx& tx) {
            tx.execute("INSERT INTO notes(name, words) VALUES ($1, $2)", name, " " + words + " ");
        });
    }
    Texts select(const StatementPart& condition) {
        std::string text;
        std::size_t count = 0;
        for (auto c : condition.text) text += c == '?' ? "$" + std::to_string(++count) : std::string{c};
        std::vector<Parameter> parameters;
        for (const auto& each : condition.parameters) parameters.push_back(parameter(each));
        return read([&](Tx& tx) {
            return tx.query_with<std::string>("SELECT name FROM notes WHERE " + text + " ORDER BY name",
                                              parameters);
        });
    }
    Texts find(const FullTextQuery& query) {
        auto dialect = read([](Tx& tx) { return tx.dialect(); });
        auto found = select(indexed_condition(dialect, "notes", "words", query));
        EXPECT_EQ(select(scanning_condition("words", query)), found);
        return found;
    }
};

TEST_P(FullText, finds_words_and_prefixes) {
    add("a", "berlin blue lantern");
    add("b", "berliner lamp");
    EXPECT_EQ(find({.all_of = {{{"berlin"}}}, .but_not = {}}), (Texts{"a"}));
    EXPECT_EQ(find({.all_of = {{{"berlin", true}}}, .but_not = {}}), (Texts{"a", "b"}));
    EXPECT_EQ(find({.all_of = {{{"berlin", true}}, {{"lan", true}}}, .but_not = {}}), (Texts{"a"}));
    EXPECT_EQ(find({.all_of = {{{"blue"}, {"lamp"}}}, .but_not = {}}), (Texts{"a", "b"}));
    EXPECT_EQ(find({.all_of = {{{"b", true}}}, .but_not = {{{"berlin"}}, {{"blue"}}}}), (Texts{"b"}));
    EXPECT_EQ(find({.all_of = {{{"erlin", true}}}, .but_not = {}}), Texts{});
}

TEST_P(FullText, distinguishes_words_of_other_scripts_and_marks) {
    add("a", "§東京 москва 24");
    EXPECT_EQ(find({.all_of = {{{"москв", true}}}, .but_not = {}}), (Texts{"a"}));
    EXPECT_EQ(find({.all_of = {{{"§東", true}}, {{"24"}}}, .but_not = {}}), (Texts{"a"}));
    EXPECT_EQ(find({.all_of = {{{"東", true}}}, .but_not = {}}), Texts{});
}

TEST_P(FullText, takes_operators_of_the_databases_for_words) {
    add("a", "and near not or");
    for (std::string word : {"and", "or", "not", "near"})
        EXPECT_EQ(find({.all_of = {{{word}}}, .but_not = {}}), (Texts{"a"}));
    EXPECT_EQ(find({.all_of = {{{"a", true}, {"b"}}}, .but_not = {{{"not", true}}, {{"nothing"}}}}),
              (Texts{"a"}));
}

TEST_P(FullText, follows_changes_of_rows) {
    add("a", "old");
    write([](Tx& tx) { tx.execute("UPDATE notes SET words = ' new ' WHERE name = 'a'"); });
    EXPECT_EQ(find({.all_of = {{{"old"}}}, .but_not = {}}), Texts{});
    EXPECT_EQ(find({.all_of = {{{"new"}}}, .but_not = {}}), (Texts{"a"}));
    write([](Tx& tx) { tx.execute("UPDATE notes SET words = ' filled ' WHERE name = 'empty'"); });
    EXPECT_EQ(find({.all_of = {{{"filled"}}}, .but_not = {}}), (Texts{"empty"}));
    write([](Tx& tx) { tx.execute("DELETE FROM notes WHERE name = 'a'"); });
    EXPECT_EQ(find({.all_of = {{{"new"}}}, .but_not = {}}), Texts{});
}

TEST_P(FullText, undoes_changes_with_their_transaction) {
    struct Undo {};
    auto change_and_fail = [](Tx& tx) {
        tx.execute("UPDATE notes SET words = ' changed ' WHERE name = 'a'");
        throw Undo{};
    };
    add("a", "kept");
    EXPECT_THROW(write(change_and_fail), Undo);
    write([&](Tx& tx) {
        tx.execute("INSERT INTO notes(name, words) VALUES ('b', ' beside ')");
        EXPECT_THROW(tx.nested([&] { change_and_fail(tx); }), Undo);
    });
    EXPECT_EQ(find({.all_of = {{{"changed"}}}, .but_not = {}}), Texts{});
    EXPECT_EQ(find({.all_of = {{{"kept"}, {"beside"}}}, .but_not = {}}), (Texts{"a", "b"}));
}

// Against a model, with many rows, changes and queries.
TEST_P(FullText, finds_what_a_model_finds) {
    std::mt19937 random{3};
    auto below = [&](std::size_t limit) { return random() % limit; };
    const Texts words{"a", "ab", "abc", "b", "bc", "ß", "東京", "京", "1", "12"};
    auto any_word = [&] { return words[below(words.size())]; };
    std::map<std::string, std::set<std::string>> model;
    for (int i = 0; i < 150; ++i) {
        auto name = std::to_string(below(60));
        std::set<std::string> chosen;
        for (auto n = below(5); n > 0; --n) chosen.insert(any_word());
        std::string text;
        for (const auto& word : chosen) text += (text.empty() ? "" : " ") + word;
        write([&](Tx& tx) {
            tx.execute(
                "INSERT INTO notes(name, words) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE"
                " SET words = excluded.words",
                name, " " + text + " ");
        });
        model[name] = chosen;
    }
    auto any_terms = [&](std::size_t least) {
        std::vector<FullTextQuery::AnyOf> all_of(least + below(3));
        for (auto& any_of : all_of)
            for (auto n = 1 + below(3); n > 0; --n) any_of.push_back({any_word(), below(2) == 0});
        return all_of;
    };
    auto fulfils = [](const std::set<std::string>& row, const std::vector<FullTextQuery::AnyOf>& all_of) {
        return std::ranges::all_of(all_of, [&](const auto& any_of) {
            return std::ranges::any_of(any_of, [&](const Term& term) {
                return std::ranges::any_of(row, [&](const std::string& word) {
                    return term.is_prefix ? word.starts_with(term.text) : word == term.text;
                });
            });
        });
    };
    std::size_t found = 0;
    for (int i = 0; i < 100; ++i) {
        FullTextQuery query{.all_of = any_terms(1), .but_not = any_terms(0)};
        Texts expected;
        for (const auto& [name, row] : model)
            if (fulfils(row, query.all_of) && (query.but_not.empty() || !fulfils(row, query.but_not)))
                expected.push_back(name);
        found += expected.size();
        EXPECT_EQ(find(query), expected) << i;
    }
    EXPECT_GT(found, 100U);
}

INSTANTIATE_TEST_SUITE_P(Every, FullText, ::testing::ValuesIn(drivers()), driver_name);

}  // namespace
}  // namespace stagedoor::sql
