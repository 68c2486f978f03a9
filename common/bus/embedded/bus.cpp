#include "common/bus/embedded/bus.hpp"

#include "common/runtime/log.hpp"

namespace stagedoor::bus {
namespace {

constexpr int batch_limit = 256;
// Wake-ups are not lost; this only bounds the harm if one were.
constexpr auto max_poll_interval = std::chrono::seconds{5};
constexpr auto wait_after_failure = std::chrono::milliseconds{500};
constexpr auto between_counts = std::chrono::seconds{3};

}  // namespace

// One consumer of one service's events, a loop of its own.
struct EmbeddedBus::Delivery {
    Log& log;
    Subscriber& subscriber;
    std::set<std::string> entities;
    runtime::AsyncEvent wake;                            // there may be something new
    runtime::AsyncEvent stirs;                           // only the end does
    std::optional<std::int64_t> position = {};           // nullopt: to be read from the consumer's database
    std::atomic<std::int64_t> reached = -1;              // the last position that is behind it; -1: none yet
    std::map<std::string, runtime::Gauge> pending = {};  // by entity
};

// What of a service's events has not reached everybody who receives them.
struct EmbeddedBus::Backlog {
    Log& log;
    runtime::Gauge unpublished, oldest_seconds;
    std::vector<Delivery*> deliveries;
};

EmbeddedBus::EmbeddedBus(runtime::Clock& clock, runtime::Metrics& metrics)
    : clock_(clock), metrics_(metrics), ended_(clock), stirs_(clock) {}
EmbeddedBus::~EmbeddedBus() = default;

void EmbeddedBus::carry(Log& log) { logs_.push_back(&log); }

void EmbeddedBus::deliver_to(Subscriber& subscriber) { subscribers_.push_back(&subscriber); }

void EmbeddedBus::start(const runtime::Executor& executor) {
    for (auto* subscriber : subscribers_) {
        for (const auto& [service, entities] : subscriber->subscriptions()) {
            for (auto* log : logs_) {
                if (log->service() != service) continue;
                auto& delivery = deliveries_.emplace_back(new Delivery{
                    *log, *subscriber, entities, runtime::AsyncEvent{clock_}, runtime::AsyncEvent{clock_}});
                for (const auto& entity : entities) {
                    delivery->pending[entity] =
                        metrics_.gauge("stagedoor_bus_pending", "Events that the bus has still to deliver",
                                       {{"service", subscriber->service()}, {"entity", entity}});
                }
                // A copy of the signal: the log may outlive this bus.
                log->on_new([wake = delivery->wake]() mutable { wake.notify(); });
            }
        }
    }
    for (auto* log : logs_) {
        const runtime::Labels labels{{"service", log->service()}};
        auto& backlog = backlogs_.emplace_back(
            new Backlog{*log,
                        metrics_.gauge("stagedoor_outbox_unpublished",
                                       "Events that somebody has still to hear, up to 10000", labels),
                        metrics_.gauge("stagedoor_outbox_oldest_unpublished_seconds",
                                       "Age of the oldest event that somebody has still to hear", labels),
                        {}});
        for (auto& delivery : deliveries_) {
            if (&delivery->log == log) backlog->deliveries.push_back(delivery.get());
        }
    }
    running_ = static_cast<int>(deliveries_.size()) + 1;
    for (auto& delivery : deliveries_) {
        runtime::spawn(executor, "bus " + delivery->log.service() + " to " + delivery->subscriber.service(),
                       [this, each = delivery.get()] { return run(*each); });
    }
    runtime::spawn(executor, "bus numbers", [this] { return watch(); });
}

Task<> EmbeddedBus::stop() {
    stopping_ = true;
    wake_all();
    stirs_.notify();
    for (auto& delivery : deliveries_) delivery->stirs.notify();
    while (running_ > 0) (void)co_await ended_.wait_for(std::chrono::hours{1});
}

void EmbeddedBus::pause() { paused_ = true; }

void EmbeddedBus::resume() {
    paused_ = false;
    wake_all();
}

void EmbeddedBus::wake_all() {
    for (auto& delivery : deliveries_) delivery->wake.notify();
}

Task<> EmbeddedBus::run(Delivery& delivery) {
    while (!stopping_) {
        auto failed = false;
        auto delivered = Delivered::nothing;
        try {
            if (!paused_) delivered = co_await deliver_next(delivery);
        } catch (const std::exception& error) {
            log::error("delivery failed", {{"from", delivery.log.service()},
                                           {"to", delivery.subscriber.service()},
                                           {"error", error.what()}});
            delivery.position.reset();
            failed = true;
        }
        if (stopping_ || delivered == Delivered::some) continue;
        // What is told meanwhile ends neither wait: events gather, and a full disk is not tried, and logged, at each.
        auto pause = failed ? wait_after_failure : delivery.subscriber.batch_interval();
        if (failed || (delivered == Delivered::all && pause.count() > 0))
            (void)co_await delivery.stirs.wait_for(pause);
        if (!failed && !stopping_) (void)co_await delivery.wake.wait_for(max_poll_interval);
    }
    auto ended = ended_;  // stop() may return, and the bus be gone, as soon as none is running
    if (--running_ == 0) ended.notify();
}

Task<> EmbeddedBus::watch() {
    while (!stopping_) {
        try {
            for (auto& backlog : backlogs_) co_await count(*backlog);
        } catch (const std::exception& error) {
            log::warning("events on their way could not be counted", {{"error", error.what()}});
        }
        if (!stopping_) (void)co_await stirs_.wait_for(between_counts);
    }
    auto ended = ended_;
    if (--running_ == 0) ended.notify();
}

Task<> EmbeddedBus::count(Backlog& backlog) {
    Log::Ahead most;
    std::map<std::int64_t, Log::Ahead> looked_up;  // by position: most deliveries are at the same
    for (auto* delivery : backlog.deliveries) {
        std::int64_t position = delivery->reached;
        if (position < 0) position = co_await delivery->subscriber.position(backlog.log.service());
        if (!looked_up.contains(position)) looked_up[position] = co_await backlog.log.ahead_of(position);
        auto& ahead = looked_up[position];
        for (const auto& [entity, pending] : delivery->pending)
            pending.set(static_cast<double>(ahead.by_entity[entity]));
        if (ahead.events > most.events) most = ahead;
    }
    backlog.unpublished.set(static_cast<double>(most.events));
    auto age = most.oldest ? std::max(clock_.now() - *most.oldest, std::chrono::milliseconds{0})
                           : std::chrono::milliseconds{0};
    backlog.oldest_seconds.set(static_cast<double>(age.count()) / 1000.0);
}

// What the consumer isn't interested in only moves its position.
Task<EmbeddedBus::Delivered> EmbeddedBus::deliver_next(Delivery& delivery) {
    if (!delivery.position) delivery.position = co_await delivery.subscriber.position(delivery.log.service());
    auto entries = co_await delivery.log.read_after(*delivery.position, batch_limit);
    if (entries.empty()) co_return Delivered::nothing;
    auto last = entries.back().position;
    std::vector<Event> events;
    for (auto& entry : entries) {
        if (delivery.entities.contains(entry.event.entity())) events.push_back(std::move(entry.event));
    }
    if (!events.empty()) {
        co_await delivery.subscriber.receive(std::move(events), Position{delivery.log.service(), last});
    }
    delivery.position = last;
    delivery.reached = last;
    co_return entries.size() == batch_limit ? Delivered::some : Delivered::all;
}

}  // namespace stagedoor::bus
