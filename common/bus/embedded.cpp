#include "common/bus/embedded.hpp"

#include "common/events/outbox.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::bus {
namespace {

constexpr int batch_limit = 256;
// Wake-ups are not lost; this only bounds the harm if one were.
constexpr auto longest_wait = std::chrono::seconds{5};
constexpr auto wait_after_failure = std::chrono::milliseconds{500};

}  // namespace

struct EmbeddedBus::Source {
    std::string service;
    sql::Database& database;
};

// One consumer of one service's events, a loop of its own.
struct EmbeddedBus::Delivery {
    Source& source;
    events::Inbox& inbox;
    std::set<std::string> entities;
    runtime::Signal wake;
    std::optional<std::int64_t> position;  // nullopt: to be read from the consumer's database
};

EmbeddedBus::EmbeddedBus(runtime::Clock& clock) : clock_(clock), ended_(clock) {}
EmbeddedBus::~EmbeddedBus() = default;

void EmbeddedBus::carry(std::string service, sql::Database& database) {
    sources_.push_back(std::make_unique<Source>(std::move(service), database));
}

void EmbeddedBus::deliver_to(events::Inbox& inbox) { inboxes_.push_back(&inbox); }

void EmbeddedBus::start(const runtime::Executor& executor) {
    for (auto* inbox : inboxes_) {
        for (const auto& [service, entities] : inbox->interests()) {
            for (auto& source : sources_) {
                if (source->service != service) continue;
                auto& delivery = deliveries_.emplace_back(
                    new Delivery{*source, *inbox, entities, runtime::Signal{clock_}, std::nullopt});
                source->database.listen(std::string{outbox::channel}, [wake = &delivery->wake] { wake->notify(); });
            }
        }
    }
    running_ = static_cast<int>(deliveries_.size());
    for (auto& delivery : deliveries_) {
        runtime::spawn(executor, "bus " + delivery->source.service + " to " + delivery->inbox.service(),
                       [this, each = delivery.get()] { return run(*each); });
    }
}

Task<> EmbeddedBus::stop() {
    stopping_ = true;
    wake_all();
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
        auto failed = false, more = false;
        try {
            more = !paused_ && co_await deliver_next(delivery);
        } catch (const std::exception& error) {
            log::error("delivery failed", {{"from", delivery.source.service}, {"to", delivery.inbox.service()}, {"error", error.what()}});
            delivery.position.reset();
            failed = true;
        }
        if (more || stopping_) continue;
        (void)co_await delivery.wake.wait_for(failed ? wait_after_failure : longest_wait);
    }
    if (--running_ == 0) ended_.notify();
}

// True when there may be more. What the consumer isn't interested in only moves its position.
Task<bool> EmbeddedBus::deliver_next(Delivery& delivery) {
    if (!delivery.position) delivery.position = co_await delivery.inbox.position(delivery.source.service);
    auto entries = co_await delivery.source.database.read([&delivery](sql::Tx& tx) {
        return outbox::read_after(tx, delivery.source.service, *delivery.position, batch_limit);
    });
    if (entries.empty()) co_return false;
    auto last = entries.back().position;
    std::vector<events::Event> events;
    for (auto& entry : entries) {
        if (delivery.entities.contains(entry.event.entity())) events.push_back(std::move(entry.event));
    }
    if (!events.empty()) {
        co_await delivery.inbox.receive(std::move(events), events::Position{delivery.source.service, last});
    }
    delivery.position = last;
    co_return entries.size() == batch_limit;
}

}  // namespace stagedoor::bus
