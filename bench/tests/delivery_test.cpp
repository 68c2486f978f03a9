#include "bench/load/delivery.hpp"

#include <gtest/gtest.h>

#include <cmath>

using namespace stagedoor::load;

namespace {

constexpr std::string_view metrics_page = R"(# HELP stagedoor_event_delivery_seconds commit to commit
# TYPE stagedoor_event_delivery_seconds histogram
stagedoor_event_delivery_seconds_count{service="tickets"} 100
stagedoor_event_delivery_seconds_sum{service="tickets"} 0.5
stagedoor_event_delivery_seconds_bucket{service="tickets",le="0.005"} 90
stagedoor_event_delivery_seconds_bucket{service="tickets",le="0.05"} 100
stagedoor_event_delivery_seconds_bucket{service="tickets",le="+Inf"} 100
stagedoor_event_delivery_seconds_bucket{le="0.005",subject="order.created",service="payments"} 1e1
stagedoor_event_delivery_seconds_bucket{le="0.005",subject="order.cancelled",service="payments"} 5
stagedoor_event_delivery_seconds_bucket{le="+Inf",subject="order.created",service="payments"} 20
stagedoor_event_delivery_seconds_bucket_of_another{service="tickets",le="0.005"} 7
other_seconds_bucket{service="tickets",le="0.005"} 7
)";

}  // namespace

TEST(Delivery, reads_the_buckets_of_each_service) {
    auto read = read_buckets(metrics_page, delivery_histogram);
    ASSERT_EQ(read.size(), 2U);
    EXPECT_EQ(read["tickets"], (Buckets{{0.005, 90}, {0.05, 100}, {INFINITY, 100}}));
    EXPECT_EQ(read["payments"], (Buckets{{0.005, 15}, {INFINITY, 20}}));
}

TEST(Delivery, a_page_without_the_histogram_has_no_buckets) {
    EXPECT_TRUE(read_buckets("", delivery_histogram).empty());
    EXPECT_TRUE(read_buckets("<html>not found</html>", delivery_histogram).empty());
}

TEST(Delivery, counts_only_what_happened_since) {
    BucketsByService before{{"tickets", {{0.005, 50}, {INFINITY, 60}}}};
    BucketsByService after{{"tickets", {{0.005, 70}, {INFINITY, 100}}},
                           {"orders", {{0.005, 1}, {INFINITY, 1}}}};
    auto difference = since(before, after);
    EXPECT_EQ(difference["tickets"], (Buckets{{0.005, 20}, {INFINITY, 40}}));
    EXPECT_EQ(events_in(difference["orders"]), 1U);
    EXPECT_EQ(sum_of(difference), (Buckets{{0.005, 21}, {INFINITY, 41}}));
}

TEST(Delivery, quantile_is_linear_within_the_bucket) {
    Buckets buckets{{0.01, 50}, {0.03, 100}, {INFINITY, 100}};
    EXPECT_DOUBLE_EQ(*quantile_seconds(buckets, 0.5), 0.01);
    EXPECT_DOUBLE_EQ(*quantile_seconds(buckets, 0.75), 0.02);
    EXPECT_DOUBLE_EQ(*quantile_seconds(buckets, 1), 0.03);
}

TEST(Delivery, quantile_above_the_last_bound_is_infinite) {
    EXPECT_TRUE(std::isinf(*quantile_seconds({{0.01, 50}, {INFINITY, 100}}, 0.99)));
}

TEST(Delivery, quantile_of_no_events_is_unknown) {
    EXPECT_FALSE(quantile_seconds({}, 0.99));
    EXPECT_FALSE(quantile_seconds({{0.01, 0}, {INFINITY, 0}}, 0.99));
}
