#include "common/json/read.hpp"

#include <gtest/gtest.h>

#include "common/json/tests/samples.hpp"
#include "common/language/message.hpp"
#include "contracts/ids.hpp"

namespace stagedoor::json {
namespace {

using samples::Colour;
using samples::Everything;
using samples::Item;

std::string to_text(const Problems& problems) {
    std::string text;
    for (const auto& problem : problems)
        text += problem.field + " " + language::to_text(problem.message) + "\n";
    return text;
}

// The problems of the document, in order, as lines "field message".
template <class T>
std::string problems_of(std::string_view text) {
    auto value = read<T>(text);
    EXPECT_FALSE(value) << text;
    return value ? "" : to_text(value.error());
}

template <class T>
T valid(std::string_view text) {
    auto value = read<T>(text);
    EXPECT_TRUE(value) << text << "\n" << (value ? "" : to_text(value.error()));
    return value.value_or(T{});
}

// everything_text with one member replaced, or removed if `member` is empty.
std::string with(const std::string& name, const std::string& member) {
    auto value = parse(samples::everything_text).value();
    auto& object = std::get<Object>(value.held);
    std::erase_if(object, [&](const auto& each) { return each.first == name; });
    if (!member.empty()) object.emplace_back(name, parse(member).value());
    return samples::text_of(value);
}

struct OneText {
    Text<2, 5> it;
};
BOOST_DESCRIBE_STRUCT(OneText, (), (it))
struct OneSearch {
    SearchText<6> it;
};
BOOST_DESCRIBE_STRUCT(OneSearch, (), (it))
struct OneAnyAmount {
    std::optional<AnyAmount> it;
};
BOOST_DESCRIBE_STRUCT(OneAnyAmount, (), (it))
struct OneWhole {
    Whole<-5, 1'000> it;
};
BOOST_DESCRIBE_STRUCT(OneWhole, (), (it))
struct OneNumber {
    std::int64_t it = 0;
};
BOOST_DESCRIBE_STRUCT(OneNumber, (), (it))
struct OneSmall {
    std::int8_t it = 0;
};
BOOST_DESCRIBE_STRUCT(OneSmall, (), (it))
struct OnePrice {
    Money price;
};
BOOST_DESCRIBE_STRUCT(OnePrice, (), (price))
struct MaybePrice {
    std::optional<Money> price;
};
BOOST_DESCRIBE_STRUCT(MaybePrice, (), (price))
struct Prices {
    std::vector<OnePrice> each;
};
BOOST_DESCRIBE_STRUCT(Prices, (), (each))
struct Defaults {
    Whole<1, 10, 3> it;
};
BOOST_DESCRIBE_STRUCT(Defaults, (), (it))
struct Maybe {
    std::optional<std::string> it;
};
BOOST_DESCRIBE_STRUCT(Maybe, (), (it))
struct OrNull {
    Nullable<Item> it;
};
BOOST_DESCRIBE_STRUCT(OrNull, (), (it))
struct OneList {
    List<Item, 1, 3> it;
};
BOOST_DESCRIBE_STRUCT(OneList, (), (it))
struct OneId {
    OrderId it;
};
BOOST_DESCRIBE_STRUCT(OneId, (), (it))
struct Any {
    Value it;
};
BOOST_DESCRIBE_STRUCT(Any, (), (it))

// With a rule that types can't express.
struct Range {
    std::int64_t from = 0, to = 0;
};
BOOST_DESCRIBE_STRUCT(Range, (), (from, to))
void check(const Range& range, Reading& reading) {
    if (range.from > range.to) reading.add_error_at("to", "must not be before from"_text);
}
struct Ranges {
    std::vector<Range> all;
};
BOOST_DESCRIBE_STRUCT(Ranges, (), (all))

std::string it(const std::string& json) { return R"({"it":)" + json + "}"; }
std::string quoted_repeat(std::size_t count, const std::string& character) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += character;
    return "\"" + text + "\"";
}

TEST(Read, fills_every_kind_of_member) {
    auto all = valid<Everything>(samples::everything_text);
    EXPECT_EQ(all.title.value, "Concert");
    ASSERT_EQ(all.items.size(), 2u);
    EXPECT_EQ(all.items.value[0].ticket_id, TicketId{"a"});
    EXPECT_EQ(all.items.value[0].quantity, 2);
    EXPECT_EQ(all.price, (Money{1999, Currency::parse("EUR").value()}));
    EXPECT_EQ(all.starts_at, Instant::parse("2026-05-01T19:30:00Z"));
    EXPECT_TRUE(all.standing);
    EXPECT_EQ(all.count, -7);
    EXPECT_EQ(all.steps, 0);
    EXPECT_EQ(all.per_order, 10);
    EXPECT_EQ(all.colour, Colour::light_blue);
    EXPECT_EQ(all.raw, " as is ");
    EXPECT_EQ(all.numbers, (std::vector<std::int64_t>{1, -2, 3}));
    EXPECT_EQ(all.note->value, "hm");
    EXPECT_FALSE(all.ends_at);
    EXPECT_FALSE(all.second_colour);
}

TEST(Read, reports_all_problems_at_once_each_with_its_path) {
    EXPECT_EQ(problems_of<Everything>(
                  R"({"title":"","items":[{"ticketId":"a","quantity":0},{"quantity":"2"},{}],"price":19.999,)"
                  R"("startsAt":"soon",)"
                  R"("standing":1,"count":1.5,"steps":6,"perOrder":0,"colour":"green","raw":7,)"
                  R"("numbers":[1,"x"],"note":"too long",)"
                  R"("endsAt":5,"secondColour":"RED"})"),
              "title must not be empty\n"
              "items[0].quantity must be between 1 and 1000\n"
              "items[1].ticketId is missing\n"
              "items[1].quantity must be a whole number\n"
              "items[2].ticketId is missing\n"
              "price must have at most 2 decimals\n"
              "startsAt must be a date and time such as 2026-05-01T19:30:00Z\n"
              "standing must be true or false\n"
              "count must be a whole number\n"
              "steps must be between -5 and 5\n"
              "perOrder must be between 1 and 100\n"
              "colour must be one of red, light:blue\n"
              "raw must be text\n"
              "numbers[1] must be a whole number\n"
              "note must have at most 5 characters\n"
              "endsAt must be a date and time such as 2026-05-01T19:30:00Z\n"
              "secondColour must be one of red, light:blue\n");
}

TEST(Read, reports_every_missing_required_member) {
    EXPECT_EQ(problems_of<Everything>("{}"),
              "title is missing\nitems is missing\nprice is missing\nstartsAt is missing\nstanding is "
              "missing\ncount is missing\n"
              "steps is missing\ncolour is missing\nraw is missing\nnumbers is missing\n");
}

TEST(Read, rejects_every_wrong_type_in_every_field_and_names_only_that_field) {
    const std::vector<std::string> names{"title",   "items", "price",    "startsAt",     "standing",
                                         "count",   "steps", "perOrder", "colour",       "raw",
                                         "numbers", "note",  "endsAt",   "secondColour", "currency"};
    const std::vector<std::string> of_each_type{"true", "7", "\"red\"", "[]", "{}"};
    for (const auto& name : names) {
        int rejected = 0;
        for (const auto& member : of_each_type) {
            auto read_it = read<Everything>(with(name, member));
            if (read_it) continue;
            ++rejected;
            for (const auto& problem : read_it.error())
                EXPECT_EQ(problem.field, name) << name << " = " << member;
        }
        EXPECT_GE(rejected, 4) << name;  // at most one type fits
    }
}

TEST(Read, treats_null_like_an_absent_member) {
    for (auto optional : {"note", "endsAt", "secondColour", "perOrder", "currency"}) {
        EXPECT_TRUE(read<Everything>(with(optional, "null"))) << optional;
        EXPECT_TRUE(read<Everything>(with(optional, ""))) << optional;
    }
    for (auto required :
         {"title", "items", "price", "startsAt", "standing", "count", "steps", "colour", "raw", "numbers"}) {
        EXPECT_FALSE(read<Everything>(with(required, "null"))) << required;
        EXPECT_FALSE(read<Everything>(with(required, ""))) << required;
    }
    EXPECT_EQ(valid<Defaults>(it("null")).it, 3);
    EXPECT_EQ(valid<Defaults>("{}").it, 3);
    EXPECT_FALSE(valid<Maybe>(it("null")).it);
    EXPECT_EQ(valid<Maybe>(it(R"("")")).it, "");
    EXPECT_FALSE(valid<OrNull>(it("null")).it.value);
    EXPECT_FALSE(valid<OrNull>("{}").it.value);
    EXPECT_EQ(valid<OrNull>(it(R"({"ticketId":"a"})")).it.value->ticket_id.text, "a");
    EXPECT_EQ(problems_of<OrNull>(it("{}")), "it.ticketId is missing\n");
}

TEST(Read, ignores_unknown_members) {
    EXPECT_EQ(valid<OneNumber>(R"({"other":{"deep":[1]},"it":7,"IT":8})").it, 7);
}

TEST(Read, requires_an_object_for_a_struct) {
    for (auto text : {"[]", "1", "\"x\"", "null", "true"})
        EXPECT_EQ(problems_of<OneNumber>(text), " must be an object\n") << text;
    EXPECT_EQ(problems_of<OneList>(it("[1]")), "it[0] must be an object\n");
}

TEST(Read, reports_invalid_json_without_a_field) {
    EXPECT_EQ(problems_of<OneNumber>(""), " The body is empty; JSON was expected\n");
    EXPECT_EQ(read<OneNumber>("{").error().size(), 1u);
}

TEST(Read, trims_text_and_counts_code_points) {
    EXPECT_EQ(valid<OneText>(it(R"(" \t\r\nab\n ")")).it.value, "ab");
    EXPECT_EQ(valid<OneText>(it(R"("a  b")")).it.value, "a  b");
    EXPECT_EQ(valid<OneText>(it(quoted_repeat(5, "🎭"))).it.value.size(), 20u);
    EXPECT_EQ(valid<OneText>(it(quoted_repeat(5, "ü"))).it.value.size(), 10u);
    EXPECT_EQ(problems_of<OneText>(it(quoted_repeat(6, "🎭"))), "it must have at most 5 characters\n");
    EXPECT_EQ(problems_of<OneText>(it(R"("  a  ")")), "it must have at least 2 characters\n");
    EXPECT_EQ(problems_of<OneText>(it(R"("   ")")), "it must not be empty\n");
    EXPECT_EQ(problems_of<OneText>(it(R"("")")), "it must not be empty\n");
    EXPECT_EQ(valid<OneText>(it("\"" + std::string(1000, ' ') + "ab\"")).it.value, "ab");
}

TEST(Read, rejects_control_characters_in_text_except_line_breaks_and_tabs) {
    EXPECT_EQ(valid<OneText>(it(R"("a\n\tb")")).it.value, "a\n\tb");
    for (auto control : {R"("a\u0000b")", R"("a\u001bb")", R"("a\bb")", R"("a\u007fb")", R"("a\u0085b")",
                         R"("a\u009bb")", R"("ab\f")"}) {
        EXPECT_EQ(problems_of<OneText>(it(control)), "it must not contain control characters\n") << control;
    }
    EXPECT_EQ(valid<OneText>(it(R"("a\u00a0b")")).it.value, "a\u00a0b");  // the first code point after them
}

TEST(Read, normalizes_text_before_it_counts_or_compares) {
    EXPECT_EQ(valid<OneText>(it("\"Cafe\u0301s\"")).it.value, "Caf\u00e9s");
    EXPECT_EQ(valid<OneText>(it("\"\u3000\u00a0ab\u2003\"")).it.value, "ab");
    EXPECT_EQ(problems_of<OneText>(it("\"e\u0301\"")), "it must have at least 2 characters\n");
    EXPECT_EQ(problems_of<OneText>(it("\"abcd\u0958\"")), "it must have at most 5 characters\n");
}

TEST(Read, takes_text_of_which_nothing_can_be_seen_for_empty) {
    for (auto blank : {"\u200b", "\u3164", "\u2800\u2800", "\u00ad ", "\ufeff", "\u202e", "\u3000", "\u0301"})
        EXPECT_EQ(problems_of<OneText>(it('"' + std::string{blank} + '"')), "it must not be empty\n")
            << blank;
}

TEST(Read, rejects_invisible_characters_in_text_and_controls_of_its_direction) {
    EXPECT_EQ(problems_of<OneText>(it("\"a\u200bb\"")),
              "it must not contain invisible characters (U+200B)\n");
    EXPECT_EQ(problems_of<OneText>(it("\"\ufeffab\"")),
              "it must not contain invisible characters (U+FEFF)\n");
    EXPECT_EQ(problems_of<OneText>(it("\"a\u202eb\"")),
              "it must not contain characters that change the direction of text (U+202E)\n");
    EXPECT_EQ(valid<OneText>(it("\"👩\u200d👧\"")).it.value, "👩\u200d👧");
}

TEST(Read, drops_what_is_hidden_from_words_to_search_for) {
    EXPECT_EQ(valid<OneSearch>(it("\"\ufeffber\u200blin \u202e\"")).it.value, "berlin");
    EXPECT_EQ(valid<OneSearch>(it("\"\u200b\"")).it.value, "");
    EXPECT_EQ(problems_of<OneSearch>(it("\"abcdefg\"")), "it must have at most 6 characters\n");
    EXPECT_EQ(problems_of<OneSearch>(it("1")), "it must be text\n");
}

TEST(Read, compares_an_amount_with_money_of_any_currency) {
    auto amount = valid<OneAnyAmount>(it("1500")).it.value();
    EXPECT_TRUE(amount.is_less_than({1501, Currency::parse("JPY").value()}));
    EXPECT_FALSE(amount.is_less_than({1500, Currency::parse("JPY").value()}));
    EXPECT_TRUE(amount.is_less_than({150'001, {}}));
    EXPECT_FALSE(amount.is_less_than({150'000, {}}));
    EXPECT_TRUE(amount.is_less_than({1'500'001, Currency::parse("KWD").value()}));
    EXPECT_EQ(valid<OneAnyAmount>(it("19.99")).it.value().thousandths, 19'990);
    EXPECT_FALSE(valid<OneAnyAmount>("{}").it);
    EXPECT_EQ(problems_of<OneAnyAmount>(it("-1")), "it must not be negative\n");
    EXPECT_EQ(problems_of<OneAnyAmount>(it("true")), "it must be a decimal number such as 19.99\n");
}

TEST(Read, enforces_the_limits_of_a_whole_number) {
    EXPECT_EQ(valid<OneWhole>(it("-5")).it, -5);
    EXPECT_EQ(valid<OneWhole>(it("1000")).it, 1000);
    EXPECT_EQ(valid<OneWhole>(it("-0")).it, 0);
    for (auto outside : {"-6", "1001", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
                         "123456789012345678901234567890"}) {
        EXPECT_EQ(problems_of<OneWhole>(it(outside)), "it must be between -5 and 1000\n") << outside;
    }
    EXPECT_EQ(valid<OneNumber>(it("9223372036854775807")).it, INT64_MAX);
    EXPECT_EQ(valid<OneNumber>(it("-9223372036854775808")).it, INT64_MIN);
    EXPECT_FALSE(read<OneNumber>(it("9223372036854775808")));
    EXPECT_EQ(valid<OneSmall>(it("-128")).it, -128);
    EXPECT_FALSE(read<OneSmall>(it("128")));
}

TEST(Read, accepts_a_whole_number_only_without_fraction_and_exponent) {
    for (auto other : {"1.0", "1e2", "1E0", "1.5", "0.0", "12345678901234567890.5", "1e400", "\"1\"", "true",
                       "null", "[1]"}) {
        EXPECT_EQ(problems_of<OneWhole>(it(other)), "it must be a whole number\n") << other;
    }
}

TEST(Read, enforces_the_limits_of_a_list) {
    EXPECT_EQ(problems_of<OneList>(it("[]")), "it must have at least 1 element\n");
    EXPECT_EQ(valid<OneList>(it(R"([{"ticketId":"a"}])")).it.value[0].quantity, 1);
    EXPECT_EQ(problems_of<OneList>(it(R"([{},{},{},{}])")), "it must have at most 3 elements\n");
    EXPECT_EQ(problems_of<OneList>(it("{}")), "it must be a list\n");
}

TEST(Read, accepts_ids_of_1_to_100_characters) {
    EXPECT_EQ(valid<OneId>(it(R"("x")")).it, OrderId{"x"});
    EXPECT_TRUE(read<OneId>(it(quoted_repeat(100, "x"))));
    EXPECT_FALSE(read<OneId>(it(quoted_repeat(101, "x"))));
    EXPECT_FALSE(read<OneId>(it(R"("")")));
    EXPECT_FALSE(read<OneId>(it("7")));
}

TEST(Read, reads_the_currency_of_money_from_its_sibling) {
    EXPECT_EQ(valid<OnePrice>(R"({"price":19.99})").price, (Money{1999, Currency{}}));
    EXPECT_EQ(valid<OnePrice>(R"({"currency":"JPY","price":500})").price,
              (Money{500, Currency::parse("JPY").value()}));
    EXPECT_EQ(valid<OnePrice>(R"({"price":1.234,"currency":"KWD"})").price.minor, 1234);
    EXPECT_EQ(problems_of<OnePrice>(R"({"price":19.99,"currency":"JPY"})"), "price must have no decimals\n");
}

TEST(Read, names_the_currency_field_if_the_currency_is_wrong) {
    auto message = std::string{"must be a supported currency code such as USD"};
    for (auto currency : {"\"usd\"", "\"XXX\"", "\"\"", "7", "[]"}) {
        EXPECT_EQ(problems_of<OnePrice>(R"({"price":19.99,"currency":)" + std::string{currency} + "}"),
                  "currency " + message + "\n")
            << currency;
    }
    EXPECT_EQ(problems_of<Prices>(R"({"each":[{"price":1},{"price":1,"currency":"?"}]})"),
              "each[1].currency " + message + "\n");
    EXPECT_EQ(problems_of<OnePrice>(R"({"price":"x","currency":"?"})"),
              "currency " + message + "\nprice must be a decimal number such as 19.99\n");
    EXPECT_EQ(problems_of<OnePrice>(R"({"currency":"?"})"), "currency " + message + "\nprice is missing\n");
}

TEST(Read, rejects_money_that_is_not_a_decimal_number) {
    for (auto amount :
         {"\"19,99\"", "\"1e3\"", "\"+5\"", "\"\"", "\" 5\"", "\"0x5\"", "true", "{}", "[19.99]"}) {
        EXPECT_EQ(problems_of<OnePrice>(R"({"price":)" + std::string{amount} + "}"),
                  "price must be a decimal number such as 19.99\n")
            << amount;
    }
    EXPECT_EQ(problems_of<OnePrice>(R"({"price":null})"), "price is missing\n");
    EXPECT_EQ(problems_of<OnePrice>(R"({"price":0.290000000000000001})"),
              "price must have at most 2 decimals\n");
    EXPECT_EQ(problems_of<OnePrice>(R"({"price":-0})"), "price must not be negative\n");
    EXPECT_EQ(problems_of<OnePrice>(R"({"price":1e400})"), "price is too large\n");
}

TEST(Read, accepts_decimal_text_as_money_by_the_same_rules) {
    EXPECT_EQ(valid<OnePrice>(R"({"price":"20.50"})").price.minor, 2050);
    EXPECT_EQ(valid<OnePrice>(R"({"price":".5"})").price.minor, 50);
    EXPECT_EQ(valid<OnePrice>(R"({"price":"5."})").price.minor, 500);
    EXPECT_EQ(valid<OnePrice>(R"({"price":"500","currency":"JPY"})").price.minor, 500);
    EXPECT_EQ(problems_of<OnePrice>(R"({"price":"15.000","currency":"ISK"})"),
              "price must have no decimals\n");
    EXPECT_EQ(problems_of<OnePrice>(R"({"price":"19.999"})"), "price must have at most 2 decimals\n");
    EXPECT_EQ(problems_of<OnePrice>(R"({"price":"-5"})"), "price must not be negative\n");
}

TEST(Read, leaves_optional_money_empty_if_it_is_absent_or_null) {
    EXPECT_FALSE(valid<MaybePrice>("{}").price);
    EXPECT_FALSE(valid<MaybePrice>(R"({"price":null,"currency":"EUR"})").price);
    EXPECT_EQ(valid<MaybePrice>(R"({"price":1})").price->minor, 100);
}

TEST(Read, keeps_any_document_for_a_value_member) {
    EXPECT_EQ(samples::text_of(valid<Any>(it(R"({"a":[1.50,null]})")).it), R"({"a":[1.50,null]})");
    EXPECT_EQ(problems_of<Any>("{}"), "it is missing\n");
}

TEST(Read, calls_the_check_of_a_struct_with_the_right_path) {
    EXPECT_EQ(valid<Range>(R"({"from":1,"to":1})").to, 1);
    EXPECT_EQ(problems_of<Range>(R"({"from":2,"to":1})"), "to must not be before from\n");
    EXPECT_EQ(problems_of<Ranges>(R"({"all":[{"from":1,"to":2},{"from":2,"to":1}]})"),
              "all[1].to must not be before from\n");
    EXPECT_EQ(problems_of<Range>(R"({"from":2})"), "to is missing\n");  // reported once
}

TEST(Read, expects_names_in_camel_case) {
    EXPECT_EQ(camel_case("starts_at"), "startsAt");
    EXPECT_EQ(camel_case("max_per_order"), "maxPerOrder");
    EXPECT_EQ(camel_case("id"), "id");
}

}  // namespace
}  // namespace stagedoor::json
