#include "common/messaging/read_your_writes.hpp"

#include <algorithm>

#include "common/bus/bus.hpp"
#include "common/bus/event.hpp"
#include "common/errors.hpp"
#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "common/runtime/random.hpp"

namespace stagedoor::messaging {
namespace {

constexpr auto max_age = std::chrono::seconds{10};
constexpr auto max_wait = std::chrono::seconds{2};

struct AppliedEvent {
    std::string id, type;
};
BOOST_DESCRIBE_STRUCT(AppliedEvent, (), (id, type))

// A hint to the other replicas.
struct Hint {
    std::vector<AppliedEvent> events;
};
BOOST_DESCRIBE_STRUCT(Hint, (), (events))

}  // namespace

void ReadYourWrites::share(bus::Bus& bus, const std::string& service) {
    bus_ = &bus;
    topic_ = service + ".applied";
    bus.on_hint(topic_, [this](const std::string& text) {
        auto hint = json::read<Hint>(text);
        if (!hint) return;
        for (const auto& event : hint->events) notify(event.id, event.type);
    });
}

void ReadYourWrites::events_applied(std::span<const bus::Event> events) {
    Hint hint;
    auto is_shared = bus_ && bus_->carries_hints();
    for (const auto& event : events) {
        notify(event.entity_id, event.type);
        if (is_shared) hint.events.push_back({event.entity_id, event.type});
    }
    if (is_shared) bus_->send_hint(topic_, json::to_json(hint));
}

void ReadYourWrites::notify(const std::string& id, const std::string& type) {
    std::lock_guard lock{mutex_};
    auto [begin, end] = watches_.equal_range(id);
    for (auto each = begin; each != end; ++each) {
        each->second->types.insert(type);
        each->second->applied.notify();
    }
}

bool ReadYourWrites::may_be_in_flight(const std::string& id) const {
    auto created = runtime::uuid_time(id);
    if (!created) return false;
    auto age = clock_.now() - *created;
    return age < max_age && age > -max_age;
}

ReadYourWrites::Watch::Watch(ReadYourWrites& events, std::string entity_id) : events_(events) {
    std::lock_guard lock{events_.mutex_};
    if (events_.watches_.size() >= max_watches)
        throw Unavailable("Too many requests are waiting. Please try again in a moment"_text);
    watch_ = events_.watches_.emplace(std::move(entity_id), std::make_shared<Watched>(events_.clock_));
}

ReadYourWrites::Watch::~Watch() {
    std::lock_guard lock{events_.mutex_};
    events_.watches_.erase(watch_);
}

bool ReadYourWrites::Watch::has_seen(std::string_view type) const {
    std::lock_guard lock{events_.mutex_};
    return watch_->second->types.contains(type);
}

Task<bool> ReadYourWrites::Watch::wait_until(runtime::Timeout timeout) {
    return watch_->second->applied.wait_until(timeout);
}

ReadYourWrites::WaitSlot::WaitSlot(ReadYourWrites& events, Caller caller)
    : events_(events), caller_(std::move(caller)) {
    std::lock_guard lock{events_.mutex_};
    auto count = [](const auto& waiting, const std::string& who) {
        auto found = waiting.find(who);
        return found == waiting.end() ? 0 : found->second;
    };
    if (events_.limited_ && (count(events_.users_, caller_.user) >= max_waits_of_user ||
                             count(events_.networks_, caller_.network) >= max_waits_of_network))
        throw Unavailable("Too many of your requests are waiting. Please try again in a moment"_text);
    ++events_.users_[caller_.user];
    ++events_.networks_[caller_.network];
}

ReadYourWrites::WaitSlot::~WaitSlot() {
    std::lock_guard lock{events_.mutex_};
    auto release = [](auto& waiting, const std::string& who) {
        auto found = waiting.find(who);
        if (--found->second == 0) waiting.erase(found);
    };
    release(events_.users_, caller_.user);
    release(events_.networks_, caller_.network);
}

Task<bool> ReadYourWrites::wait_until_known(std::string id, Caller caller,
                                            std::function<Task<bool>()> known) {
    Watch watch{*this, std::move(id)};
    if (co_await known()) co_return true;
    WaitSlot slot{*this, std::move(caller)};
    auto poll_interval = first_poll_interval;
    for (runtime::Timeout timeout{clock_, max_wait}; !timeout.is_over(); poll_interval *= 2) {
        (void)co_await watch.wait_until(std::min(timeout, runtime::Timeout{clock_, poll_interval}));
        if (co_await known()) co_return true;
    }
    co_return false;
}

}  // namespace stagedoor::messaging
