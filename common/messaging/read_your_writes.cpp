#include "common/messaging/read_your_writes.hpp"

#include <algorithm>

#include "common/errors.hpp"
#include "common/runtime/random.hpp"

namespace stagedoor::messaging {
namespace {

constexpr auto max_age = std::chrono::seconds{10};
constexpr auto max_wait = std::chrono::seconds{2};
constexpr std::chrono::milliseconds poll_interval{100};  // for events received by another replica
constexpr std::size_t max_waiting = 1000;                // each holds a request open

}  // namespace

void ReadYourWrites::event_applied(const std::string& id) {
    std::lock_guard lock{mutex_};
    auto [begin, end] = waiting_.equal_range(id);
    for (auto each = begin; each != end; ++each) each->second->notify();
}

bool ReadYourWrites::may_be_in_flight(const std::string& id) const {
    auto created = runtime::uuid_time(id);
    if (!created) return false;
    auto age = clock_.now() - *created;
    return age < max_age && age > -max_age;
}

Task<bool> ReadYourWrites::wait_until_known(std::string id, std::function<Task<bool>()> known) {
    auto applied = std::make_shared<runtime::AsyncEvent>(clock_);
    auto entry = waiting_.end();
    {
        std::lock_guard lock{mutex_};
        if (waiting_.size() >= max_waiting)
            throw Unavailable("Too many requests are waiting. Please try again in a moment");
        entry = waiting_.emplace(std::move(id), applied);
    }
    auto remove = [this, entry](void*) {
        std::lock_guard lock{mutex_};
        waiting_.erase(entry);
    };
    std::unique_ptr<void, decltype(remove)> removal{this, remove};

    for (runtime::Timeout timeout{clock_, max_wait}; !timeout.is_over();) {
        if (co_await known()) co_return true;
        (void)co_await applied->wait_until(std::min(timeout, runtime::Timeout{clock_, poll_interval}));
    }
    co_return co_await known();
}

}  // namespace stagedoor::messaging
