// How long events took from the commit that told them to the listener's commit: read from the server's own
// Prometheus histogram, before and after, as only the server sees both ends.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace stagedoor::load {

inline constexpr std::string_view kDeliveryHistogram = "stagedoor_event_delivery_seconds";

// Upper bound in seconds → events up to it, cumulative as Prometheus has it; the last bound is infinite.
using Buckets = std::map<double, std::uint64_t>;
using BucketsByService = std::map<std::string, Buckets>;

// Reads the series of that histogram out of a Prometheus text page; label sets of one service are added up.
BucketsByService read_buckets(std::string_view page, std::string_view histogram);

// What happened between two readings.
BucketsByService since(const BucketsByService& before, const BucketsByService& after);
Buckets all_together(const BucketsByService& services);
std::uint64_t events_in(const Buckets& buckets);

// As Prometheus' histogram_quantile: linear within the bucket. Infinite when it lies above the last finite
// bound; nothing when there were no events.
std::optional<double> quantile_seconds(const Buckets& buckets, double share);

}  // namespace stagedoor::load
