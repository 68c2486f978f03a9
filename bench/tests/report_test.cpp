#include "bench/load/report.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cmath>

using namespace stagedoor::load;
using namespace std::chrono_literals;

namespace {

Outcome some_outcome() {
    Outcome outcome{.name = "holds \"hot\"", .target_rate = 2500, .connections = 64, .measured = {}};
    outcome.measured.latency.record(4ms);
    outcome.measured.responses[201] = 1;
    outcome.measured.rate = 2499.96;
    return outcome;
}

}  // namespace

TEST(Report, json_contains_the_figures) {
    auto outcome = some_outcome();
    outcome.delivery = BucketsByService{{"tickets", {{0.01, 100}, {INFINITY, 100}}}};
    auto parsed = boost::json::parse(json(outcome)).as_object();
    EXPECT_EQ(parsed.at("name"), "holds \"hot\"");
    EXPECT_DOUBLE_EQ(parsed.at("rate").to_number<double>(), 2500.0);
    EXPECT_DOUBLE_EQ(parsed.at("p99_ms").to_number<double>(), 4.0);
    EXPECT_EQ(parsed.at("samples"), 1);
    EXPECT_EQ(parsed.at("answers").at("201"), 1);
    EXPECT_EQ(parsed.at("delivery_events"), 100);
    EXPECT_NEAR(parsed.at("delivery_p99_ms").to_number<double>(), 9.9, 0.01);
    EXPECT_TRUE(parsed.at("failures").as_array().empty());
}

TEST(Report, contains_the_convergence_time) {
    auto outcome = some_outcome();
    EXPECT_FALSE(boost::json::parse(json(outcome)).as_object().contains("converged_ms"));
    outcome.converged = 62ms;
    EXPECT_EQ(boost::json::parse(json(outcome)).at("converged_ms"), 62);
    EXPECT_NE(table(outcome).find("within 62 ms"), std::string::npos);
}

TEST(Report, a_quantile_above_the_last_bucket_is_null_rather_than_a_number) {
    auto outcome = some_outcome();
    outcome.delivery = BucketsByService{{"tickets", {{0.01, 1}, {INFINITY, 100}}}};
    EXPECT_TRUE(boost::json::parse(json(outcome)).at("delivery_p99_ms").is_null());
    EXPECT_NE(table(outcome).find("above the last bucket"), std::string::npos);
}

TEST(Report, zero_samples_are_a_failure) {
    EXPECT_EQ(Measured{}.failures(), std::vector<std::string>{"no samples: nothing was measured"});
    EXPECT_TRUE(some_outcome().measured.failures().empty());
}
