#include "common/runtime/metrics.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace stagedoor::runtime {
namespace {

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, are_written_in_the_text_format) {
    Metrics metrics;
    metrics.counter("stagedoor_orders_total", "Orders placed", {{"result", "held"}}).add();
    metrics.counter("stagedoor_orders_total", "Orders placed", {{"result", "short"}}).add(2);
    metrics.gauge("stagedoor_queue", "Waiting").set(7);
    auto text = metrics.to_text();
    EXPECT_TRUE(has_line(text, "# HELP stagedoor_orders_total Orders placed")) << text;
    EXPECT_TRUE(has_line(text, "# TYPE stagedoor_orders_total counter")) << text;
    EXPECT_TRUE(has_line(text, R"(stagedoor_orders_total{result="held"} 1)")) << text;
    EXPECT_TRUE(has_line(text, R"(stagedoor_orders_total{result="short"} 2)")) << text;
    EXPECT_TRUE(has_line(text, "stagedoor_queue 7")) << text;
}

TEST(Metrics, with_the_same_name_and_labels_are_the_same) {
    Metrics metrics;
    for (int i = 0; i < 3; ++i)
        metrics.counter("stagedoor_seen_total", "Seen", {{"a", "1"}, {"b", "2"}}).add();
    EXPECT_TRUE(has_line(metrics.to_text(), R"(stagedoor_seen_total{a="1",b="2"} 3)")) << metrics.to_text();
}

TEST(Metrics, a_gauge_goes_up_and_down) {
    Metrics metrics;
    auto gauge = metrics.gauge("stagedoor_open", "Open");
    gauge.add(5);
    gauge.add(-2);
    EXPECT_TRUE(has_line(metrics.to_text(), "stagedoor_open 3")) << metrics.to_text();
}

TEST(Metrics, a_histogram_counts_into_its_buckets) {
    Metrics metrics;
    auto seconds = metrics.histogram("stagedoor_seconds", "Time", {{"route", "x"}}, {0.1, 1});
    for (auto value : {0.05, 0.5, 5.0}) seconds.observe(value);
    auto text = metrics.to_text();
    EXPECT_TRUE(has_line(text, R"(stagedoor_seconds_bucket{route="x",le="0.1"} 1)")) << text;
    EXPECT_TRUE(has_line(text, R"(stagedoor_seconds_bucket{route="x",le="1"} 2)")) << text;
    EXPECT_TRUE(has_line(text, R"(stagedoor_seconds_bucket{route="x",le="+Inf"} 3)")) << text;
    EXPECT_TRUE(has_line(text, R"(stagedoor_seconds_sum{route="x"} 5.55)")) << text;
    EXPECT_TRUE(has_line(text, R"(stagedoor_seconds_count{route="x"} 3)")) << text;
}

TEST(Metrics, a_histogram_has_buckets_from_1_ms_to_10_s_by_default) {
    Metrics metrics;
    metrics.histogram("stagedoor_seconds", "Time").observe(0.003);
    auto text = metrics.to_text();
    EXPECT_TRUE(has_line(text, R"(stagedoor_seconds_bucket{le="0.001"} 0)")) << text;
    EXPECT_TRUE(has_line(text, R"(stagedoor_seconds_bucket{le="0.005"} 1)")) << text;
    EXPECT_TRUE(has_line(text, R"(stagedoor_seconds_bucket{le="10"} 1)")) << text;
}

TEST(Metrics, a_label_cannot_forge_a_line) {
    Metrics metrics;
    metrics.counter("stagedoor_total", "Total", {{"name", "a\"} 1\nforged 7\n\\"}}).add();
    auto text = metrics.to_text();
    EXPECT_EQ(text.find("\nforged"), std::string::npos) << text;
    EXPECT_NE(text.find(R"(name="a\"} 1\nforged 7\n\\")"), std::string::npos) << text;
}

TEST(Metrics, can_be_updated_by_many_threads) {
    Metrics metrics;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                for (int round = 0; round < 1'000; ++round) {
                    metrics.counter("stagedoor_total", "Total").add();
                    if (round % 100 == 0) (void)metrics.to_text();
                }
            });
        }
    }
    EXPECT_TRUE(has_line(metrics.to_text(), "stagedoor_total 8000")) << metrics.to_text();
}

}  // namespace
}  // namespace stagedoor::runtime
