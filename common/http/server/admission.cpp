#include "common/http/server/admission.hpp"

#include <algorithm>

namespace stagedoor::http {
namespace {

constexpr std::int64_t rejected_per_extra_second = 1'000, max_seconds = 10;

}  // namespace

bool Admission::enter(bool was_rejected) {
    if (in_progress_.fetch_add(1) < (was_rejected ? limit_ : limit_of_new_)) return true;
    leave();
    return false;
}

std::chrono::seconds Admission::retry_after(std::chrono::nanoseconds now) {
    auto second = std::chrono::floor<std::chrono::seconds>(now).count();
    auto last = second_.load();
    if (second > last && second_.compare_exchange_strong(last, second)) {
        auto rejected = rejected_.exchange(0);
        rejected_before_ = second == last + 1 ? rejected : 0;
    }
    auto lately = std::max<std::int64_t>(++rejected_, rejected_before_);
    return std::chrono::seconds{std::min(1 + lately / rejected_per_extra_second, max_seconds)};
}

}  // namespace stagedoor::http
