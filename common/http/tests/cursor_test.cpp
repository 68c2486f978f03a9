#include "common/http/routing/cursor.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "common/errors.hpp"
#include "common/json/tests/samples.hpp"
#include "common/security/token.hpp"

namespace stagedoor::http {
namespace {

using json::samples::any_text;

std::optional<Cursor> parse(std::string_view text, std::string_view query) {
    try {
        return Cursor::parse(text, query);
    } catch (const Invalid& error) {
        if (error.problems().front().field != "after") throw;
        return std::nullopt;
    }
}

TEST(Cursor, needs_no_escaping_in_a_query) {
    auto text = Cursor{-5, "ü/+ &"}.to_text("sort=price");
    EXPECT_TRUE(std::ranges::all_of(text, [](unsigned char c) {
        return std::isalnum(c) || c == '-' || c == '_';
    })) << text;
}

RC_GTEST_PROP(Cursor, of_any_row_is_parsed_unchanged, ()) {
    Cursor cursor{*rc::gen::arbitrary<std::int64_t>(), *any_text()};
    auto query = *rc::gen::arbitrary<std::string>();
    auto again = parse(cursor.to_text(query), query);
    RC_ASSERT(again.has_value());
    RC_ASSERT(again->key == cursor.key);
    RC_ASSERT(again->id == cursor.id);
}

RC_GTEST_PROP(Cursor, of_another_query_is_rejected, (const std::string& query)) {
    auto other = *rc::gen::suchThat<std::string>([&](const std::string& text) { return text != query; });
    RC_ASSERT_FALSE(parse(Cursor{1, "a"}.to_text(query), other).has_value());
}

RC_GTEST_PROP(Cursor, that_was_altered_is_rejected, ()) {
    Cursor cursor{*rc::gen::arbitrary<std::int64_t>(),
                  *rc::gen::element<std::string>("a", "019de2f1-e000-7abc-8def-0123456789ab")};
    auto text = cursor.to_text("q");
    auto altered = text;
    auto& place = altered[*rc::gen::inRange<std::size_t>(0, text.size())];
    place = *rc::gen::elementOf(std::string{"ABCXYZabcxyz0189-_"});
    RC_PRE(altered != text);
    RC_ASSERT_FALSE(parse(altered, "q").has_value());
}

RC_GTEST_PROP(Cursor, that_was_truncated_or_extended_is_rejected, ()) {
    auto text = Cursor{7, "a"}.to_text("q");
    RC_ASSERT_FALSE(parse(text.substr(0, *rc::gen::inRange<std::size_t>(0, text.size())), "q").has_value());
    RC_ASSERT_FALSE(parse(text + *rc::gen::element<std::string>("A", "AAAA", "=", " "), "q").has_value());
}

// By someone who knows the format.
TEST(Cursor, of_another_row_is_rejected) {
    auto decoded = security::from_base64url(Cursor{100, "a"}.to_text("q")).value();
    auto at = decoded.find("100");
    ASSERT_NE(at, std::string::npos);
    decoded.replace(at, 3, "200");
    EXPECT_FALSE(parse(security::base64url(decoded), "q"));
}

RC_GTEST_PROP(Cursor, of_any_other_text_is_rejected, (const std::string& text)) {
    RC_ASSERT_FALSE(parse(text, "q").has_value());
}

TEST(Cursor, of_other_json_is_rejected) {
    for (auto other : {"", "{}", "null", "[]", R"({"key":1,"id":"a"})", R"({"key":"1","id":"a","check":""})",
                       R"({"key":1,"id":"a","check":""})"}) {
        EXPECT_FALSE(parse(security::base64url(other), "q")) << other;
    }
}

}  // namespace
}  // namespace stagedoor::http
