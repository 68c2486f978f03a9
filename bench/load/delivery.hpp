// The time from the publisher's commit to the subscriber's commit: read from the server's own Prometheus
// histogram before and after a run, since only the server sees both.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace stagedoor::load {

inline constexpr std::string_view delivery_histogram = "stagedoor_event_delivery_seconds";

// Upper bound in seconds → cumulative number of events, as in Prometheus; the last bound is infinite.
using Buckets = std::map<double, std::uint64_t>;
using BucketsByService = std::map<std::string, Buckets>;

// Parses that histogram from a Prometheus text page, summed over the label sets of each service.
BucketsByService read_buckets(std::string_view page, std::string_view histogram);

// The difference between two readings.
BucketsByService since(const BucketsByService& before, const BucketsByService& after);
Buckets sum_of(const BucketsByService& services);
std::uint64_t events_in(const Buckets& buckets);

// Like Prometheus' histogram_quantile: linear within the bucket. Infinite if above the last finite bound;
// nullopt if there were no events.
std::optional<double> quantile_seconds(const Buckets& buckets, double share);

}  // namespace stagedoor::load
