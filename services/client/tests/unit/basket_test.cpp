#include "services/client/basket.hpp"

#include <gtest/gtest.h>

namespace stagedoor::client {
namespace {

TEST(Basket, round_trips_through_text) {
    Basket basket;
    ASSERT_TRUE(basket.add("0190b6c4-5d1e-7c3a-9a2b-1c2d3e4f5a6b", 2));
    ASSERT_TRUE(basket.add("other_ticket", 11));

    EXPECT_EQ(basket.to_text(), "0190b6c4-5d1e-7c3a-9a2b-1c2d3e4f5a6b:2.other_ticket:11");
    EXPECT_EQ(Basket::parse(basket.to_text()), basket);
    EXPECT_EQ(basket.tickets(), 13);
}

TEST(Basket, ignores_unreadable_parts) {
    for (auto text : {"", ".", ":", "a", "a:", ":1", "a:0", "a:-1", "a:1x", "a:99999999999999999999", "a b:1",
                      "a/../b:1", "a\"b:1", "<script>:1", "a\r\nSet-Cookie: x:1"}) {
        EXPECT_TRUE(Basket::parse(text).empty()) << text;
    }
    auto basket = Basket::parse("..a:1.b.c:2.:3.d:x");
    ASSERT_EQ(basket.lines().size(), 2u);
    EXPECT_EQ(basket.lines()[0], (Basket::Line{"a", 1}));
    EXPECT_EQ(basket.lines()[1], (Basket::Line{"c", 2}));
}

TEST(Basket, is_limited_like_an_order) {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "t" + std::to_string(i) + ":5000.";
    auto basket = Basket::parse(text);
    EXPECT_EQ(basket.lines().size(), Basket::max_lines);
    EXPECT_EQ(basket.lines()[0].quantity, Basket::max_per_line);
    EXPECT_FALSE(basket.add("one-more", 1));
    EXPECT_TRUE(basket.add("t0", 1)) << "an existing line takes no additional slot";
}

TEST(Basket, adds_to_a_line_and_removes_it) {
    Basket basket;
    basket.add("a", 1);
    basket.add("a", 2);
    EXPECT_EQ(basket.tickets(), 3);
    basket.set("a", 7);
    EXPECT_EQ(basket.tickets(), 7);
    basket.set("b", 7);
    EXPECT_EQ(basket.lines().size(), 1u);
    basket.set("a", 0);
    EXPECT_TRUE(basket.empty());
}

}  // namespace
}  // namespace stagedoor::client
