// A latency histogram with buckets that grow with the value, after Gil Tene's HdrHistogram: every power of
// two is cut into 128 equal parts, so a quantile is never more than 0.8 % above the truth, and recording is
// one increment.
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

    // The latency that `share` (0…1) of all samples did not exceed; 0 when there is none.
    Duration quantile(double share) const;
    Duration max() const { return Duration{max_us_}; }
    std::uint64_t count() const { return count_; }

  private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::uint64_t max_us_ = 0;
};

}  // namespace stagedoor::load
