// Which requests are handled while there are more than the server can handle at once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace stagedoor::http {

// Any thread.
class Admission {
  public:
    explicit Admission(std::size_t limit) : limit_(limit), limit_of_new_(limit - limit / 5) {}

    // Counts one more request in progress; false, uncounted, if it is rejected. The last fifth of the places
    // is for clients that were rejected before: else those who are in would keep the others out.
    [[nodiscard]] bool enter(bool was_rejected);
    void leave() { --in_progress_; }

    // When a request that is rejected `now`, by the monotonic clock, may be repeated: a second, and one more
    // for each thousand rejected in a second. So 10,000 clients are rejected some 2,500 times a second.
    [[nodiscard]] std::chrono::seconds retry_after(std::chrono::nanoseconds now);

  private:
    const std::size_t limit_, limit_of_new_;
    std::atomic<std::size_t> in_progress_ = 0;
    // Approximate: a few are counted in the second before or after.
    std::atomic<std::int64_t> second_ = 0;
    std::atomic<std::int64_t> rejected_ = 0, rejected_before_ = 0;  // in this second, in the last
};

}  // namespace stagedoor::http
