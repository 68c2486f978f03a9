#include "common/http/entity_tag.hpp"

#include <gtest/gtest.h>

#include "common/http/server/conditional.hpp"

namespace stagedoor::http {
namespace {

TEST(EntityTags, are_read_from_a_list) {
    auto list = EntityTags::parse(R"( "a" , W/"b",,"c,d" )");
    EXPECT_EQ(list.tags, (std::vector<EntityTag>{{"a", false}, {"b", true}, {"c,d", false}}));
    EXPECT_FALSE(list.malformed);
    EXPECT_TRUE(EntityTags::parse(" * ").any);
    EXPECT_EQ(EntityTags::parse(R"("")").tags.size(), 1u);
    for (auto wrong : {"", ",", "a", R"("a)", R"("a" "b")", R"("a", b)", R"(w/"a")", R"("a", *)", "\"a\tb\""})
        EXPECT_TRUE(EntityTags::parse(wrong).malformed) << wrong;
}

TEST(EntityTags, are_compared_weakly_or_strongly) {
    auto list = EntityTags::parse(R"("a", W/"b")");
    EXPECT_TRUE(list.matches_weakly({"a", false}));
    EXPECT_TRUE(list.matches_weakly({"a", true}));
    EXPECT_TRUE(list.matches_weakly({"b", false}));
    EXPECT_FALSE(list.matches_weakly({"c", false}));
    EXPECT_TRUE(list.matches_strongly({"a", false}));
    EXPECT_FALSE(list.matches_strongly({"a", true}));
    EXPECT_FALSE(list.matches_strongly({"b", false}));
    EXPECT_FALSE(list.matches_strongly({"b", true}));
    EXPECT_TRUE(EntityTags::parse("*").matches_strongly({"c", true}));
}

TEST(EntityTag, may_begin_with_a_version) {
    auto tag = entity_tag(hash_body("body"), std::int64_t{3});
    EXPECT_EQ(version_of(tag), 3);
    EXPECT_EQ(version_of({"3", false}), 3);
    for (auto opaque : {"", "x", "3x", "-3", "3.0", "99999999999999999999"})
        EXPECT_EQ(version_of({opaque, false}), std::nullopt) << opaque;
    EXPECT_EQ(version_of({"3", true}), std::nullopt) << "a weak tag names no version";

    EXPECT_TRUE(satisfies_if_match(EntityTags::parse("\"3\""), tag));
    EXPECT_TRUE(satisfies_if_match(EntityTags::parse(tag.to_text()), tag));
    EXPECT_FALSE(satisfies_if_match(EntityTags::parse("\"3-1\""), tag));
    EXPECT_FALSE(satisfies_if_match(EntityTags::parse("\"4\""), tag));
    EXPECT_FALSE(satisfies_if_match(EntityTags::parse("W/\"3\""), tag));
    EXPECT_TRUE(satisfies_if_match(EntityTags::parse("*"), std::nullopt));
    EXPECT_FALSE(satisfies_if_match(EntityTags::parse("\"3\""), std::nullopt));
}

}  // namespace
}  // namespace stagedoor::http
