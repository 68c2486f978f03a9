#include "common/messaging/read_your_writes.hpp"

#include <algorithm>

#include "common/errors.hpp"
#include "common/runtime/random.hpp"

namespace stagedoor::messaging {
namespace {

constexpr auto freshness = std::chrono::seconds{10};
constexpr auto patience = std::chrono::seconds{2};
constexpr std::chrono::milliseconds poll_interval{100};  // for what another copy of the service was brought
constexpr std::size_t most_waiting = 1000;               // each holds a request open

}  // namespace

void ReadYourWrites::arrived(const std::string& id) {
    std::lock_guard lock{mutex_};
    auto [begin, end] = waiting_.equal_range(id);
    for (auto each = begin; each != end; ++each) each->second->notify();
}

bool ReadYourWrites::may_be_in_flight(const std::string& id) const {
    auto made = runtime::uuid_time(id);
    if (!made) return false;
    auto age = clock_.now() - *made;
    return age < freshness && age > -freshness;
}

Task<bool> ReadYourWrites::wait_until_known(std::string id, std::function<Task<bool>()> known) {
    auto signal = std::make_shared<runtime::AsyncEvent>(clock_);
    auto place = waiting_.end();
    {
        std::lock_guard lock{mutex_};
        if (waiting_.size() >= most_waiting)
            throw Unavailable("Too many requests wait; try again in a moment");
        place = waiting_.emplace(std::move(id), signal);
    }
    auto leave = [this, place](void*) {
        std::lock_guard lock{mutex_};
        waiting_.erase(place);
    };
    std::unique_ptr<void, decltype(leave)> left{this, leave};

    for (runtime::Timeout timeout{clock_, patience}; !timeout.is_over();) {
        if (co_await known()) co_return true;
        (void)co_await signal->wait_until(std::min(timeout, runtime::Timeout{clock_, poll_interval}));
    }
    co_return co_await known();
}

}  // namespace stagedoor::messaging
