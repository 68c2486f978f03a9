#include "common/runtime/random.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <regex>
#include <set>

namespace stagedoor::runtime {
namespace {

constexpr Instant noon{1'777'636'800'000};

TEST(SeededRandom, repeats_its_sequence_for_the_same_seed) {
    SeededRandom a{7}, b{7}, c{8};
    auto first = a.hex(64);
    EXPECT_EQ(first, b.hex(64));
    EXPECT_NE(first, c.hex(64));
    EXPECT_EQ(a.below(1'000'000'007), b.below(1'000'000'007));
    EXPECT_EQ(new_uuid(a, noon), new_uuid(b, noon));
    EXPECT_NE(first, a.hex(64));
}

TEST(SystemRandom, never_repeats_itself) {
    SystemRandom random;
    std::set<std::string> seen;
    for (int i = 0; i < 1'000; ++i) seen.insert(random.hex(16));
    EXPECT_EQ(seen.size(), 1'000u);
}

TEST(Random, hex_is_two_digits_for_each_byte) {
    SeededRandom random{1};
    EXPECT_TRUE(std::regex_match(random.hex(16), std::regex{"[0-9a-f]{32}"}));
    EXPECT_EQ(random.hex(0), "");
}

RC_GTEST_PROP(Random, below_is_below_its_bound, (std::uint64_t seed)) {
    auto bound = *rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(1, 100),
                                 rc::gen::inRange<std::uint64_t>(1, UINT64_MAX));
    SeededRandom random{seed};
    for (int i = 0; i < 20; ++i) RC_ASSERT(random.below(bound) < bound);
}

TEST(Random, below_works_for_extreme_bounds) {
    SeededRandom random{3};
    for (int i = 0; i < 1'000; ++i) {
        EXPECT_EQ(random.below(1), 0u);
        EXPECT_LT(random.below(UINT64_MAX), UINT64_MAX);
        EXPECT_LE(random.below((1ULL << 63) + 1), 1ULL << 63);
    }
}

TEST(Random, below_is_uniform) {
    constexpr int draws = 70'000;
    SeededRandom random{11};
    std::array<int, 7> counts{};
    for (int i = 0; i < draws; ++i) ++counts.at(random.below(counts.size()));
    for (auto count : counts) EXPECT_NEAR(count, draws / 7, 500);  // over five standard deviations
}

// With a bound of 3/4 of the range, a plain remainder would return the lowest third twice as often as the
// others.
TEST(Random, below_a_large_bound_does_not_favour_low_numbers) {
    SeededRandom random{12};
    auto bound = (UINT64_MAX / 4) * 3;
    int low = 0;
    for (int i = 0; i < 30'000; ++i) low += random.below(bound) < bound / 3;
    EXPECT_NEAR(low, 10'000, 500);
}

TEST(Uuid, has_the_form_of_version_7) {
    SystemRandom random;
    std::regex form{"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"};
    for (int i = 0; i < 200; ++i) {
        auto uuid = new_uuid(random, noon);
        EXPECT_TRUE(std::regex_match(uuid, form)) << uuid;
    }
}

TEST(Uuid, is_unique_within_a_millisecond) {
    SystemRandom random;
    std::set<std::string> seen;
    for (int i = 0; i < 10'000; ++i) seen.insert(new_uuid(random, noon));
    EXPECT_EQ(seen.size(), 10'000u);
}

RC_GTEST_PROP(Uuid, contains_its_creation_time, (std::uint64_t seed)) {
    SeededRandom random{seed};
    Instant time{*rc::gen::inRange<std::int64_t>(0, 1LL << 48)};
    RC_ASSERT(uuid_time(new_uuid(random, time)) == time);
}

RC_GTEST_PROP(Uuid, sorts_by_creation_time, (std::uint64_t seed)) {
    SeededRandom random{seed};
    auto first = *rc::gen::inRange<std::int64_t>(0, 253'402'300'799'000);
    auto second = first + *rc::gen::inRange<std::int64_t>(1, 1'000);
    RC_ASSERT(new_uuid(random, Instant{first}) < new_uuid(random, Instant{second}));
}

TEST(Uuid, time_of_any_other_text_is_unknown) {
    EXPECT_EQ(uuid_time("019de2f1-e000-7abc-8def-0123456789ab"), Instant{0x019de2f1e000});
    for (auto other : {"", "concert", "019de2f1-e000-4abc-8def-0123456789ab",  // version 4
                       "019de2f1-e000-7abc-0def-0123456789ab",                 // another variant
                       "019de2f1-e000-7abc-8def-0123456789a", "019de2f1-e000-7abc-8def-0123456789abc",
                       "019de2f1xe000-7abc-8def-0123456789ab", "019de2f1-e000-7abc-8def-0123456789aG",
                       "019DE2F1-E000-7ABC-8DEF-0123456789AB", "{19de2f1-e000-7abc-8def-0123456789a}"}) {
        EXPECT_FALSE(uuid_time(other)) << other;
    }
}

RC_GTEST_PROP(Uuid, carries_the_cell_that_it_was_made_in, (std::uint64_t seed)) {
    SeededRandom random{seed};
    auto cell = *rc::gen::inRange(1, max_cell + 1);
    auto uuid = new_uuid(random, noon, cell);
    RC_ASSERT(uuid_cell(uuid) == cell);
    RC_ASSERT(uuid_time(uuid) == noon);
}

TEST(Uuid, is_unique_within_a_cell_and_millisecond) {
    SystemRandom random;
    std::set<std::string> seen;
    for (int i = 0; i < 10'000; ++i) seen.insert(new_uuid(random, noon, 7));
    EXPECT_EQ(seen.size(), 10'000u);
    EXPECT_EQ(uuid_cell("019de2f1-e000-7007-8def-0123456789ab"), 7);
    EXPECT_EQ(uuid_cell("concert"), std::nullopt);
}

}  // namespace
}  // namespace stagedoor::runtime
