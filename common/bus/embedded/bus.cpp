#include "common/bus/embedded/bus.hpp"

#include "common/runtime/log.hpp"

namespace stagedoor::bus {
namespace {

constexpr int max_batch = 256;
// Notifications should never be lost; this limits the delay if one is.
constexpr auto max_poll_interval = std::chrono::seconds{5};
constexpr auto retry_delay = std::chrono::milliseconds{500};
constexpr auto metrics_interval = std::chrono::seconds{3};

}  // namespace

// Delivers the events of one service to one subscriber, in a task of its own.
struct EmbeddedBus::Delivery {
    Log& log;
    Subscriber& subscriber;
    std::set<std::string> entities;
    runtime::AsyncEvent wake;                            // there may be new events
    runtime::AsyncEvent stopped;                         // notified by stop() only
    std::optional<std::int64_t> position = {};           // nullopt: read it from the subscriber's database
    std::atomic<std::int64_t> delivered_to = -1;         // the last delivered position; -1: none yet
    std::map<std::string, runtime::Gauge> pending = {};  // by entity
};

// The events of a service that have not reached all its subscribers.
struct EmbeddedBus::Backlog {
    Log& log;
    runtime::Gauge unpublished, oldest_seconds;
    std::vector<Delivery*> deliveries;
};

EmbeddedBus::EmbeddedBus(runtime::Clock& clock, runtime::Metrics& metrics)
    : clock_(clock), metrics_(metrics), tasks_(clock), stopped_(clock) {}
EmbeddedBus::~EmbeddedBus() = default;

void EmbeddedBus::publish_from(Log& log) { logs_.push_back(&log); }

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
                        metrics_.gauge("stagedoor_bus_pending", "Events that the bus has yet to deliver",
                                       {{"service", subscriber->service()}, {"entity", entity}});
                }
                // Captured by value, since the log may outlive this bus.
                log->on_new([wake = delivery->wake]() mutable { wake.notify(); });
            }
        }
    }
    for (auto* log : logs_) {
        const runtime::Labels labels{{"service", log->service()}};
        auto& backlog = backlogs_.emplace_back(new Backlog{
            *log,
            metrics_.gauge("stagedoor_outbox_unpublished",
                           "Events that some subscriber has yet to receive, up to 10000", labels),
            metrics_.gauge("stagedoor_outbox_oldest_unpublished_seconds",
                           "Age of the oldest event that some subscriber has yet to receive", labels),
            {}});
        for (auto& delivery : deliveries_) {
            if (&delivery->log == log) backlog->deliveries.push_back(delivery.get());
        }
    }
    for (auto& delivery : deliveries_) {
        tasks_.spawn(executor, "bus " + delivery->log.service() + " to " + delivery->subscriber.service(),
                     [this, each = delivery.get()] { return run(*each); });
    }
    tasks_.spawn(executor, "bus metrics", [this] { return update_metrics(); });
}

Task<> EmbeddedBus::stop() {
    stopping_ = true;
    wake_all();
    stopped_.notify();
    for (auto& delivery : deliveries_) delivery->stopped.notify();
    co_await tasks_.wait();
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
        auto has_failed = false;
        auto delivered = Delivered::nothing;
        try {
            if (!paused_) delivered = co_await deliver_next(delivery);
        } catch (const std::exception& error) {
            log::error("delivery failed", {{"from", delivery.log.service()},
                                           {"to", delivery.subscriber.service()},
                                           {"error", error.what()}});
            delivery.position.reset();
            has_failed = true;
        }
        if (stopping_ || delivered == Delivered::more) continue;
        // New events end neither wait: they form a batch, and a full disk does not cause a retry and a log
        // line for each of them.
        auto pause = has_failed ? retry_delay : delivery.subscriber.batch_interval();
        if (has_failed || (delivered == Delivered::all && pause.count() > 0))
            (void)co_await delivery.stopped.wait_for(pause);
        if (!has_failed && !stopping_) (void)co_await delivery.wake.wait_for(max_poll_interval);
    }
}

Task<> EmbeddedBus::update_metrics() {
    while (!stopping_) {
        try {
            for (auto& backlog : backlogs_) co_await measure(*backlog);
        } catch (const std::exception& error) {
            log::warning("could not count pending events", {{"error", error.what()}});
        }
        if (!stopping_) (void)co_await stopped_.wait_for(metrics_interval);
    }
}

Task<> EmbeddedBus::measure(Backlog& backlog) {
    Log::Lag max_lag;
    std::map<std::int64_t, Log::Lag> by_position;  // most deliveries are at the same position
    for (auto* delivery : backlog.deliveries) {
        std::int64_t position = delivery->delivered_to;
        if (position < 0) position = co_await delivery->subscriber.position(backlog.log.service());
        if (!by_position.contains(position)) by_position[position] = co_await backlog.log.lag_after(position);
        auto& lag = by_position[position];
        for (const auto& [entity, pending] : delivery->pending)
            pending.set(static_cast<double>(lag.by_entity[entity]));
        if (lag.events > max_lag.events) max_lag = lag;
    }
    backlog.unpublished.set(static_cast<double>(max_lag.events));
    auto age = max_lag.oldest ? std::max(clock_.now() - *max_lag.oldest, std::chrono::milliseconds{0})
                              : std::chrono::milliseconds{0};
    backlog.oldest_seconds.set(static_cast<double>(age.count()) / 1000.0);
}

// Events that the subscriber does not subscribe to only move its position.
Task<EmbeddedBus::Delivered> EmbeddedBus::deliver_next(Delivery& delivery) {
    if (!delivery.position) delivery.position = co_await delivery.subscriber.position(delivery.log.service());
    auto entries = co_await delivery.log.read_after(*delivery.position, max_batch);
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
    delivery.delivered_to = last;
    co_return entries.size() == max_batch ? Delivered::more : Delivered::all;
}

}  // namespace stagedoor::bus
