// A latency histogram after Gil Tene's HdrHistogram: every power of two has 128 equal buckets, so a quantile
// is at most 0.8 % too high, and recording is one increment.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace stagedoor::load {

class Histogram {
  public:
    using Duration = std::chrono::microseconds;

    void record(std::chrono::nanoseconds latency);
    void add(const Histogram& other);

    // The latency not exceeded by `share` (0…1) of all samples; 0 without samples.
    Duration quantile(double share) const;
    Duration max() const { return Duration{max_us_}; }
    std::uint64_t count() const { return count_; }

  private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::uint64_t max_us_ = 0;
};

}  // namespace stagedoor::load
