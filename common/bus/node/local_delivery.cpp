#include "common/bus/node/local_delivery.hpp"

#include <algorithm>
#include <tuple>

#include "common/bus/pause.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/mutation.hpp"

namespace stagedoor::bus {
namespace {

constexpr std::size_t max_batch = 256;
// With a longer queue, the bus between nodes is as quick. Some 4 MiB per service.
constexpr std::size_t max_queued = 4096;
// Longer than an event's way through the bus at thousands of events per second. Some 2 MiB per service.
constexpr std::size_t max_received = 16'384;
constexpr auto retry_delay = std::chrono::milliseconds{500};

std::vector<std::string> ids_of(const std::vector<Event>& events) {
    std::vector<std::string> ids;
    ids.reserve(events.size());
    for (const auto& event : events) ids.push_back(event.id());
    return ids;
}

runtime::Counter counter(runtime::Metrics& metrics, const std::string& service, const std::string& result) {
    return metrics.counter("stagedoor_local_events_total",
                           "Events handed over within a node, by what became of them",
                           {{"service", service}, {"result", result}});
}

}  // namespace

// ---- LocalQueue

void LocalQueue::put(const Event& event) {
    {
        std::lock_guard lock{mutex_};
        if (closed_) return;
        if (events_.size() >= max_queued) return dropped_.add();
        events_.push_back(event);
        pending_.insert(event.id());
    }
    notified_.notify();
}

std::vector<Event> LocalQueue::take(std::size_t limit) {
    std::lock_guard lock{mutex_};
    auto end = events_.begin() + static_cast<std::ptrdiff_t>(std::min(events_.size(), limit));
    std::vector<Event> taken{std::make_move_iterator(events_.begin()), std::make_move_iterator(end)};
    events_.erase(events_.begin(), end);
    return taken;
}

void LocalQueue::done(const std::vector<std::string>& ids) {
    std::lock_guard lock{mutex_};
    for (const auto& id : ids) pending_.erase(id);
}

void LocalQueue::clear() {
    std::lock_guard lock{mutex_};
    events_.clear();
    pending_.clear();
}

void LocalQueue::close() {
    {
        std::lock_guard lock{mutex_};
        closed_ = true;
    }
    notified_.notify();
}

bool LocalQueue::has_pending(const std::vector<std::string>& ids) const {
    std::lock_guard lock{mutex_};
    return std::ranges::any_of(ids, [this](const std::string& id) { return pending_.contains(id); });
}

// ---- LocalDelivery

LocalDelivery::LocalDelivery(Subscriber& subscriber, runtime::Clock& clock, runtime::Metrics& metrics)
    : subscriber_(subscriber),
      clock_(clock),
      delivered_(counter(metrics, subscriber.service(), "delivered")),
      failed_(counter(metrics, subscriber.service(), "failed")),
      known_(counter(metrics, subscriber.service(), "acknowledged")),
      queue_(std::make_shared<LocalQueue>(clock, counter(metrics, subscriber.service(), "dropped"))),
      received_(max_received),
      stopped_(clock) {}

void LocalDelivery::stop() {
    stopping_ = true;
    queue_->close();
    stopped_.notify();
}

Task<> LocalDelivery::run() {
    while (!stopping_) {
        auto events = queue_->take(max_batch);
        if (events.empty()) {
            (void)co_await queue_->wait();
            continue;
        }
        auto all = events.size() < max_batch;
        auto ids = ids_of(events);
        auto start = clock_.monotonic();
        auto succeeded = co_await deliver(std::move(events));
        auto rest = pause_after_batch(clock_.monotonic() - start);
        queue_->done(ids);
        if (!succeeded) queue_->clear();  // the bus between nodes retries
        notify_waiting();
        auto pause = std::chrono::milliseconds{};
        if (!succeeded)
            pause = retry_delay;
        else if (all)
            pause = std::max(subscriber_.batch_interval(), rest);
        if (pause.count() > 0 && !stopping_) (void)co_await stopped_.wait_for(pause);
    }
    queue_->clear();
    notify_waiting();
}

// Sorted, so that all nodes lock rows in the same order.
Task<bool> LocalDelivery::deliver(std::vector<Event> events) {
    drop_received(events);
    if (events.empty()) co_return true;
    std::ranges::sort(events, {}, [](const Event& event) {
        return std::tuple<const std::string&, std::string_view, std::int64_t>{
            event.entity_id, contracts::entity_of(event.type), event.version};
    });
    auto ids = ids_of(events);
    if (runtime::mutated(Mutation::local_ack_before_effect))
        std::ranges::for_each(ids, [this](const auto& id) { received_.add(id); });
    try {
        co_await subscriber_.receive(std::move(events), std::nullopt);
    } catch (const std::exception& error) {
        log::warning("local delivery failed; the bus delivers the events again",
                     {{"to", service()}, {"events", ids.size()}, {"error", error.what()}});
        failed_.add(static_cast<double>(ids.size()));
        co_return false;
    }
    delivered_.add(static_cast<double>(ids.size()));
    for (auto& id : ids) received_.add(std::move(id));
    co_return true;
}

Task<> LocalDelivery::receive(std::vector<Event> events, std::optional<Position> position) {
    co_await wait_for_local(ids_of(events));
    auto arrived = events.size();
    drop_received(events);
    known_.add(static_cast<double>(arrived - events.size()));
    if (events.empty() && !position) co_return;
    auto ids = ids_of(events);
    co_await subscriber_.receive(std::move(events), std::move(position));
    for (auto& id : ids) received_.add(std::move(id));
}

Task<> LocalDelivery::wait_for_local(const std::vector<std::string>& ids) {
    if (!queue_->has_pending(ids)) co_return;
    auto own = waiting_.emplace(waiting_.end(), clock_);
    auto remove = [this, own](void*) { waiting_.erase(own); };
    std::unique_ptr<void, decltype(remove)> removal{this, remove};
    while (queue_->has_pending(ids)) (void)co_await own->wait_for(std::chrono::hours{1});
}

void LocalDelivery::drop_received(std::vector<Event>& events) const {
    std::erase_if(events, [this](const Event& event) { return received_.contains(event.id()); });
}

void LocalDelivery::notify_waiting() {
    for (auto& each : waiting_) each.notify();
}

}  // namespace stagedoor::bus
