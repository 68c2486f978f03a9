#include "bench/load/histogram.hpp"

#include <gtest/gtest.h>

#include <cmath>

using stagedoor::load::Histogram;
using namespace std::chrono_literals;

TEST(Histogram, is_zero_without_samples) {
    Histogram histogram;
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_EQ(histogram.quantile(0.99), 0us);
    EXPECT_EQ(histogram.max(), 0us);
}

TEST(Histogram, is_exact_for_small_values) {
    Histogram histogram;
    for (int us = 1; us <= 100; ++us) histogram.record(std::chrono::microseconds{us});
    EXPECT_EQ(histogram.quantile(0.5), 50us);
    EXPECT_EQ(histogram.quantile(0.99), 99us);
    EXPECT_EQ(histogram.quantile(1), 100us);
    EXPECT_EQ(histogram.quantile(0), 1us);
}

TEST(Histogram, is_never_too_low_and_at_most_0_8_percent_too_high) {
    for (std::int64_t us = 1; us < 10'000'000'000; us = us * 3 / 2 + 1) {
        Histogram histogram;
        histogram.record(std::chrono::microseconds{us});
        histogram.record(std::chrono::microseconds{us * 4});  // so that the maximum does not cap the result
        auto median = histogram.quantile(0.5).count();
        EXPECT_GE(median, us);
        EXPECT_LE(static_cast<double>(median), static_cast<double>(us) * 1.008);
    }
}

TEST(Histogram, quantile_never_exceeds_the_largest_value) {
    Histogram histogram;
    histogram.record(1'000'003us);
    EXPECT_EQ(histogram.quantile(0.99), 1'000'003us);
    EXPECT_EQ(histogram.max(), 1'000'003us);
}

TEST(Histogram, one_slow_sample_in_a_hundred_is_not_the_p99) {
    Histogram histogram;
    for (int i = 0; i < 99; ++i) histogram.record(1ms);
    histogram.record(80ms);
    EXPECT_LT(histogram.quantile(0.99), 2ms);
    histogram.record(80ms);
    EXPECT_GE(histogram.quantile(0.99), 80ms);
}

TEST(Histogram, a_clock_that_goes_back_counts_as_zero) {
    Histogram histogram;
    histogram.record(-5ms);
    EXPECT_EQ(histogram.count(), 1U);
    EXPECT_EQ(histogram.max(), 0us);
}

TEST(Histogram, adds_up) {
    Histogram a;
    Histogram b;
    a.record(1ms);
    b.record(50ms);
    a.add(b);
    EXPECT_EQ(a.count(), 2U);
    EXPECT_EQ(a.max(), 50ms);
}
