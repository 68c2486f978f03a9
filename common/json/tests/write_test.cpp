#include "common/json/write.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "common/json/tests/samples.hpp"
#include "contracts/ids.hpp"

namespace stagedoor::json {
namespace {

using samples::Everything;

struct OrderView {
    OrderId id;
    Money total;
    Amount paid;
    std::optional<std::string> note;
    Nullable<std::string> seen;
    std::optional<Money> refund;
};
BOOST_DESCRIBE_STRUCT(OrderView, (), (id, total, paid, note, seen, refund))
struct RefundView {
    std::optional<Money> refund;
};
BOOST_DESCRIBE_STRUCT(RefundView, (), (refund))

std::string written(std::string_view text) {
    std::string out;
    write_string(out, text);
    return out;
}

TEST(Write, writes_what_was_read_in_the_order_of_the_struct) {
    auto all = read<Everything>(samples::everything_text).value();
    EXPECT_EQ(to_json(all), samples::everything_text);
}

TEST(Write, omits_an_empty_optional_and_writes_null_for_an_empty_nullable) {
    OrderView order{.id = OrderId{"o"},
                    .total = {1999, Currency::parse("EUR").value()},
                    .paid = {{5, Currency::parse("EUR").value()}},
                    .note = std::nullopt,
                    .seen = {},
                    .refund = std::nullopt};
    EXPECT_EQ(to_json(order), R"({"id":"o","total":19.99,"currency":"EUR","paid":0.05,"seen":null})");
    order.note = "n";
    order.seen.value = "s";
    EXPECT_EQ(to_json(order),
              R"({"id":"o","total":19.99,"currency":"EUR","paid":0.05,"note":"n","seen":"s"})");
    EXPECT_EQ(to_json(RefundView{}), "{}");
    EXPECT_EQ(to_json(RefundView{Money{100, Currency{}}}), R"({"refund":1.00,"currency":"USD"})");
}

TEST(Write, writes_lists_and_extreme_whole_numbers) {
    EXPECT_EQ(to_json(std::vector<std::int64_t>{}), "[]");
    EXPECT_EQ(to_json(std::vector<std::int64_t>{INT64_MIN, 0, INT64_MAX}),
              "[-9223372036854775808,0,9223372036854775807]");
    EXPECT_EQ(to_json(true), "true");
}

TEST(Write, escapes_only_the_characters_that_need_it) {
    EXPECT_EQ(written("plain"), R"("plain")");
    EXPECT_EQ(written("\"\\\n\r\t"), R"("\"\\\n\r\t")");
    EXPECT_EQ(written(std::string_view("a\0\x01\x1F", 4)), R"("a\u0000\u0001\u001f")");
    EXPECT_EQ(written("ü€🎭/\x7F"), "\"ü€🎭/\x7F\"");
    EXPECT_EQ(written(""), R"("")");
}

TEST(Write, replaces_invalid_utf_8) {
    EXPECT_EQ(written("a\xFFz"), "\"a\uFFFDz\"");
    EXPECT_EQ(written("\xC3"), "\"\uFFFD\"");
    EXPECT_EQ(written("\xC0\xAF"), "\"\uFFFD\uFFFD\"");                      // overlong
    EXPECT_EQ(written("\xED\xA0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");            // a surrogate
    EXPECT_EQ(written("\xF4\x90\x80\x80"), "\"\uFFFD\uFFFD\uFFFD\uFFFD\"");  // beyond U+10FFFF
    EXPECT_EQ(written("\xE2\x82\"x"), "\"\uFFFD\uFFFD\\\"x\"");
}

RC_GTEST_PROP(Write, turns_any_bytes_into_a_valid_json_string, (const std::string& bytes)) {
    auto value = parse(written(bytes));
    RC_ASSERT(value.has_value());
    RC_ASSERT(value->string());
    RC_ASSERT(written(*value->string()) == written(bytes));
}

RC_GTEST_PROP(Write, round_trips_any_text, ()) {
    auto text = *samples::any_text();
    auto value = parse(written(text));
    RC_ASSERT(value.has_value());
    RC_ASSERT(*value->string() == text);
}

RC_GTEST_PROP(Write, round_trips_any_document, ()) {
    auto value = *samples::any_value(4);
    auto text = samples::text_of(value);
    auto again = parse(text);
    RC_ASSERT(again.has_value());
    RC_ASSERT(samples::same(value, *again));
    RC_ASSERT(samples::text_of(*again) == text);
}

RC_GTEST_PROP(Write, round_trips_any_struct, ()) {
    using namespace samples;
    auto chars = rc::gen::element<char>('a', 'Z', '"', '\\', '7');
    Everything all;
    all.title = "t" + *rc::gen::resize(8, rc::gen::container<std::string>(chars));
    all.items.value.resize(*rc::gen::inRange<std::size_t>(1, 4));
    for (auto& item : all.items.value) {
        item.ticket_id.text = "i" + *rc::gen::container<std::string>(chars);
        item.ticket_id.text.resize(std::min<std::size_t>(item.ticket_id.text.size(), 100));
        item.quantity = *rc::gen::inRange<std::int64_t>(1, 1'001);
    }
    all.price = {*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000),
                 Currency::at(*rc::gen::inRange(0, Currency::count))};
    all.starts_at = {*rc::gen::inRange<std::int64_t>(0, 253'402'300'800'000)};
    all.standing = *rc::gen::arbitrary<bool>();
    all.count = *rc::gen::arbitrary<std::int64_t>();
    all.steps = *rc::gen::inRange<std::int64_t>(-5, 6);
    all.colour = *rc::gen::element(Colour::red, Colour::light_blue);
    all.raw = *any_text();
    all.numbers = *rc::gen::arbitrary<std::vector<std::int64_t>>();
    if (*rc::gen::arbitrary<bool>()) all.note.emplace("note");
    if (*rc::gen::arbitrary<bool>()) all.ends_at = all.starts_at;
    if (*rc::gen::arbitrary<bool>()) all.second_colour = Colour::red;

    auto text = to_json(all);
    auto again = read<Everything>(text);
    RC_ASSERT(again.has_value());
    RC_ASSERT(to_json(*again) == text);
    RC_ASSERT(again->price == all.price);
    RC_ASSERT(again->raw == all.raw);
    RC_ASSERT(again->numbers == all.numbers);
    RC_ASSERT(again->note.has_value() == all.note.has_value());
}

RC_GTEST_PROP(Read, returns_a_struct_or_problems_for_any_document, ()) {
    auto value = *samples::any_value(3);
    auto all = read<Everything>(value);
    RC_ASSERT(all.has_value() || !all.error().empty());
}

}  // namespace
}  // namespace stagedoor::json
