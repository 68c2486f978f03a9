#include "bench/load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

namespace stagedoor::load {
namespace {

constexpr unsigned bits_per_octave = 7;
constexpr std::uint64_t buckets_per_octave = 1U << bits_per_octave;

// Values below 128 have a bucket each; above that, the leading 8 bits select the bucket.
std::size_t bucket_of(std::uint64_t value) {
    if (value < buckets_per_octave) return value;
    unsigned shift = static_cast<unsigned>(std::bit_width(value)) - (bits_per_octave + 1);
    return (shift + 1) * buckets_per_octave + ((value >> shift) - buckets_per_octave);
}

std::uint64_t largest_in(std::size_t bucket) {
    if (bucket < buckets_per_octave) return bucket;
    auto shift = bucket / buckets_per_octave - 1;
    auto leading = buckets_per_octave + bucket % buckets_per_octave;
    return ((leading + 1) << shift) - 1;
}

}  // namespace

void Histogram::record(std::chrono::nanoseconds latency) {
    auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(0, latency.count() / 1000));
    auto bucket = bucket_of(us);
    if (bucket >= counts_.size()) counts_.resize(bucket + 1);
    ++counts_[bucket];
    ++count_;
    max_us_ = std::max(max_us_, us);
}

void Histogram::add(const Histogram& other) {
    if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
    for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    max_us_ = std::max(max_us_, other.max_us_);
}

Histogram::Duration Histogram::quantile(double share) const {
    if (count_ == 0) return Duration{0};
    auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    rank = std::clamp<std::uint64_t>(rank, 1, count_);
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
        seen += counts_[bucket];
        if (seen >= rank) return Duration{std::min(largest_in(bucket), max_us_)};
    }
    return max();
}

}  // namespace stagedoor::load
