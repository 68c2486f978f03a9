#include "bench/load/report.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cmath>

using namespace stagedoor::load;
using namespace std::chrono_literals;

namespace {

Outcome some_outcome() {
    Outcome outcome{.name = "holds \"hot\"", .rate_asked = 2500, .connections = 64, .measured = {}};
    outcome.measured.latency.record(4ms);
    outcome.measured.answers[201] = 1;
    outcome.measured.rate = 2499.96;
    return outcome;
}

}  // namespace

TEST(Report, json_says_what_was_measured) {
    auto outcome = some_outcome();
    outcome.delivery = BucketsByService{{"tickets", {{0.01, 100}, {INFINITY, 100}}}};
    auto read = boost::json::parse(json(outcome)).as_object();
    EXPECT_EQ(read.at("name"), "holds \"hot\"");
    EXPECT_DOUBLE_EQ(read.at("rate").to_number<double>(), 2500.0);
    EXPECT_DOUBLE_EQ(read.at("p99_ms").to_number<double>(), 4.0);
    EXPECT_EQ(read.at("samples"), 1);
    EXPECT_EQ(read.at("answers").at("201"), 1);
    EXPECT_EQ(read.at("delivery_events"), 100);
    EXPECT_NEAR(read.at("delivery_p99_ms").to_number<double>(), 9.9, 0.01);
    EXPECT_TRUE(read.at("failures").as_array().empty());
}

TEST(Report, says_when_the_copies_agreed) {
    auto outcome = some_outcome();
    EXPECT_FALSE(boost::json::parse(json(outcome)).as_object().contains("converged_ms"));
    outcome.converged = 62ms;
    EXPECT_EQ(boost::json::parse(json(outcome)).at("converged_ms"), 62);
    EXPECT_NE(table(outcome).find("within 62 ms"), std::string::npos);
}

TEST(Report, a_quantile_above_the_last_bucket_is_null_never_a_small_number) {
    auto outcome = some_outcome();
    outcome.delivery = BucketsByService{{"tickets", {{0.01, 1}, {INFINITY, 100}}}};
    EXPECT_TRUE(boost::json::parse(json(outcome)).at("delivery_p99_ms").is_null());
    EXPECT_NE(table(outcome).find("above the last bucket"), std::string::npos);
}

TEST(Report, zero_samples_are_a_failure) {
    EXPECT_EQ(Measured{}.failures(), std::vector<std::string>{"zero samples: nothing was measured"});
    EXPECT_TRUE(some_outcome().measured.failures().empty());
}
