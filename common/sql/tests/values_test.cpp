// Values of every type survive the way through a parameter, a column and back.
#include <limits>

#include "contracts/ids.hpp"
#include "testing/databases/drivers.hpp"

namespace stagedoor::sql {
namespace {

enum class Colour { red, green };
constexpr std::array<std::pair<Colour, std::string_view>, 2> wire_names(Colour) {
    return {{{Colour::red, "red"}, {Colour::green, "green"}}};
}

struct Everything {
    TicketId id;
    std::string text;
    std::int64_t number = 0;
    bool flag = false;
    Instant time;
    Money price;
    Colour colour = Colour::red;
    std::optional<std::string> maybe_text;
    std::optional<std::int64_t> maybe_number;
    std::optional<Colour> maybe_colour;

    bool operator==(const Everything&) const = default;
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (id, text, number, flag, time, price, colour, maybe_text, maybe_number, maybe_colour))

class Values : public DatabaseTest {
  protected:
    Values() {
        write([](Tx& tx) {
            tx.execute(R"(CREATE TABLE everything (
                position BIGSERIAL PRIMARY KEY, id TEXT NOT NULL, text TEXT NOT NULL, number BIGINT NOT NULL,
                flag BIGINT NOT NULL, time BIGINT NOT NULL, price_minor BIGINT NOT NULL,
                currency TEXT NOT NULL, colour TEXT NOT NULL, maybe_text TEXT, maybe_number BIGINT,
                maybe_colour TEXT))");
        });
    }

    Everything round_trip(const Everything& all) {
        return write([&](Tx& tx) {
            return tx
                .query<Everything>(
                    "INSERT INTO everything(id, text, number, flag, time, price_minor, currency, colour,"
                    " maybe_text, maybe_number, maybe_colour) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
                    "$10, $11)"
                    " RETURNING id, text, number, flag, time, price_minor, currency, colour,"
                    " maybe_text, maybe_number, maybe_colour",
                    all.id, all.text, all.number, all.flag, all.time, all.price.minor, all.price.currency,
                    all.colour, all.maybe_text, all.maybe_number, all.maybe_colour)
                .front();
        });
    }
};

TEST_P(Values, of_every_type_survive_a_round_trip) {
    Everything all{TicketId{"t1"},
                   "Grüße 🎟 'quoted' \"$1\" ?1",
                   -5,
                   true,
                   Instant{1'767'225'600'123},
                   Money{1999, Currency::parse("EUR").value()},
                   Colour::green,
                   "some",
                   42,
                   Colour::red};
    EXPECT_EQ(round_trip(all), all);
}

TEST_P(Values, that_are_absent_stay_absent) {
    Everything none{TicketId{"t2"}, "", 0, false, Instant{0}, Money{}, Colour::red, {}, {}, {}};
    EXPECT_EQ(round_trip(none), none);
}

TEST_P(Values, an_empty_text_is_not_null) {
    write([](Tx& tx) { add_thing(tx, std::string_view{}, 1); });
    EXPECT_EQ(read([](Tx& tx) { return tx.find<std::int64_t>("SELECT number FROM things WHERE id = ''"); }),
              1);
}

TEST_P(Values, whole_numbers_use_all_of_64_bits) {
    for (auto number : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(),
                        std::int64_t{1} << 53}) {
        Everything all{TicketId{"t"}, "", number, false, {}, {}, Colour::red, {}, number, {}};
        EXPECT_EQ(round_trip(all), all);
    }
}

TEST_P(Values, a_text_with_a_nul_character_is_invalid) {
    EXPECT_THROW(write([](Tx& tx) { add_thing(tx, std::string_view{"a\0b", 3}); }), Invalid);
    EXPECT_EQ(count(), 0);
}

TEST_P(Values, a_long_text_survives_a_round_trip) {
    Everything all{TicketId{"t"}, std::string(1'000'000, 'x'), 0, false, {}, {}, Colour::red, {}, {}, {}};
    EXPECT_EQ(round_trip(all), all);
}

TEST_P(Values, parameters_are_bound_by_number_not_by_order_of_appearance) {
    write([](Tx& tx) {
        add_thing(tx, "a", 10);
        tx.execute("UPDATE things SET number = number + $2 WHERE id = $1 AND number + $2 <= 15", "a", 5);
    });
    EXPECT_EQ(number_of("a"), 15);
}

TEST_P(Values, a_dollar_sign_in_a_text_or_comment_is_not_a_parameter) {
    auto text = read([](Tx& tx) {
        return tx.find<std::string>("SELECT 'costs $1, it''s' || $1 /* not $2 */ -- nor $3", "!");
    });
    EXPECT_EQ(text, "costs $1, it's!");
}

TEST_P(Values, of_the_wrong_type_throw) {
    write([](Tx& tx) { tx.execute("INSERT INTO things(id, number) VALUES ('a', NULL)"); });
    EXPECT_THROW(read([](Tx& tx) { return tx.find<std::int64_t>("SELECT id FROM things"); }), StatementError);
    EXPECT_THROW(read([](Tx& tx) { return tx.find<std::int64_t>("SELECT number FROM things"); }),
                 StatementError);
    EXPECT_THROW(read([](Tx& tx) { return tx.find<Colour>("SELECT id FROM things"); }), StatementError);
}

TEST_P(Values, a_whole_number_can_be_read_as_text) {
    write([](Tx& tx) { add_thing(tx, "a", 12); });
    EXPECT_EQ(read([](Tx& tx) { return tx.find<std::string>("SELECT number FROM things"); }), "12");
}

TEST_P(Values, query_with_takes_a_list_of_parameters) {
    write([](Tx& tx) {
        for (int i = 0; i < 5; ++i) add_thing(tx, std::to_string(i), i);
    });
    std::vector<Parameter> parameters{parameter(1), parameter("3")};
    auto found = read([&](Tx& tx) {
        return tx.query_with<std::string>("SELECT id FROM things WHERE number >= $1 AND id <= $2 ORDER BY id",
                                          parameters);
    });
    EXPECT_EQ(found, (std::vector<std::string>{"1", "2", "3"}));
}

TEST_P(Values, more_statements_than_the_cache_holds_all_work) {
    read([](Tx& tx) {
        for (int round = 0; round < 2; ++round) {
            for (int i = 0; i < 600; ++i) {
                EXPECT_EQ(tx.find<std::int64_t>("SELECT $1 + " + std::to_string(i), 1), i + 1);
            }
        }
    });
}

TEST_P(Values, like_is_case_sensitive) {
    write([](Tx& tx) { add_thing(tx, "Concert"); });
    auto like = [&](std::string_view pattern) {
        return read([&](Tx& tx) {
            return tx.find<std::int64_t>("SELECT count(*) FROM things WHERE id LIKE $1", pattern);
        });
    };
    EXPECT_EQ(like("Con%"), 1);
    EXPECT_EQ(like("con%"), 0);
}

INSTANTIATE_TEST_SUITE_P(Every, Values, ::testing::ValuesIn(drivers()), driver_name);

}  // namespace
}  // namespace stagedoor::sql
