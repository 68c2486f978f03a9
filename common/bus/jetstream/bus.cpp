#include "common/bus/jetstream/bus.hpp"

#include <boost/mp11/algorithm.hpp>

#include "common/bus/jetstream/delivery.hpp"
#include "common/bus/jetstream/nats_connection.hpp"
#include "common/bus/jetstream/relay.hpp"
#include "contracts/events/all.hpp"

namespace stagedoor::bus {
namespace {

// Allowed for the redelivery of an event after its ack_wait has ended.
constexpr std::chrono::seconds redelivery_margin{1};
// Unhandled hints of one topic. A replica that falls further behind misses some.
constexpr std::size_t max_hints = 10'000;

// Core NATS: outside the subjects of all streams.
std::string hint_subject(const std::string& topic) { return "hint." + topic; }

runtime::Labels labels_of(const JetStreamOptions& options) {
    if (options.service.empty()) return {};
    return {{"service", options.service}};
}

}  // namespace

EntitiesByService published_entities() {
    EntitiesByService all;
    boost::mp11::mp_for_each<boost::mp11::mp_transform<std::type_identity, contracts::AllEvents>>(
        [&](auto type) {
            using E = typename decltype(type)::type;
            all[std::string{E::source}].insert(std::string{contracts::entity_of(E::subject)});
        });
    return all;
}

JetStreamBus::JetStreamBus(JetStreamOptions options, runtime::Clock& clock, runtime::Random& random,
                           runtime::Metrics& metrics)
    : JetStreamBus(options, clock, metrics, make_nats_connection(options, clock, random)) {}

JetStreamBus::JetStreamBus(JetStreamOptions options, runtime::Clock& clock, runtime::Metrics& metrics,
                           std::unique_ptr<NatsConnection> connection)
    : options_(std::move(options)),
      clock_(clock),
      metrics_(metrics),
      tasks_(clock),
      progress_wake_(clock),
      connection_(std::move(connection)),
      connected_(metrics.gauge("stagedoor_bus_connected", "1 while there is a connection to the bus",
                               labels_of(options_))),
      connections_(metrics.counter("stagedoor_bus_connections_total", "Connections made to the bus",
                                   labels_of(options_))) {}

// First, so that no callback reaches a destroyed member.
JetStreamBus::~JetStreamBus() { connection_->close(); }

void JetStreamBus::start(const runtime::Executor& executor) {
    JetStreamContext context{options_, *connection_, clock_, metrics_, stopping_};
    for (auto* log : logs_) {
        const auto& entities = options_.entities[log->service()];
        if (!entities.empty())  // a service that publishes nothing has no stream
            relays_.push_back(std::make_unique<JetStreamRelay>(*log, entities, context));
    }
    for (auto* subscriber : subscribers_) {
        for (const auto& [source, entities] : subscriber->subscriptions()) {
            for (const auto& entity : entities) {
                deliveries_.push_back(
                    std::make_unique<JetStreamDelivery>(*subscriber, source, entity, context));
            }
        }
    }
    for (auto& relay : relays_)
        tasks_.spawn(executor, "relay of " + relay->service(), [each = relay.get()] { return each->run(); });
    for (auto& delivery : deliveries_)
        tasks_.spawn(executor, "bus to " + delivery->name(), [each = delivery.get()] { return each->run(); });
    for (auto& hints : hint_receivers_)
        tasks_.spawn(executor, hints.mailbox->address(),
                     [this, each = &hints] { return receive_hints(*each); });
    tasks_.spawn(executor, "bus", [this] { return report_progress(); });
    connection_->start([this] { connection_changed(); });
}

void JetStreamBus::connection_changed() {
    auto up = connected();
    connected_.set(up ? 1 : 0);
    if (up) {
        connections_.add();
        caught_up_from_ms_ = (clock_.now() + options_.ack_wait + redelivery_margin).milliseconds;
    }
    wake_all();
}

void JetStreamBus::wake_all() {
    for (auto& relay : relays_) relay->wake();
    for (auto& delivery : deliveries_) delivery->wake();
    for (auto& hints : hint_receivers_) hints.mailbox->wake();
    progress_wake_.notify();
}

Task<> JetStreamBus::report_progress() {
    while (!stopping_) {
        runtime::Timeout pause{clock_, options_.ack_wait / 3};
        while (!pause.is_over() && !stopping_) (void)co_await progress_wake_.wait_until(pause);
        for (auto& delivery : deliveries_) delivery->report_progress();
    }
}

void JetStreamBus::on_hint(const std::string& topic, std::function<void(std::string)> receive) {
    hint_receivers_.push_back({connection_->subscribe(hint_subject(topic), max_hints), std::move(receive)});
}

void JetStreamBus::send_hint(const std::string& topic, std::string hint) {
    (void)connection_->send(connection_->epoch(), {.subject = hint_subject(topic), .data = std::move(hint)});
}

Task<> JetStreamBus::receive_hints(HintReceiver& hints) {
    while (!stopping_) {
        for (auto& message : hints.mailbox->take()) hints.receive(std::move(message.data));
        (void)co_await hints.mailbox->wait_until({clock_, std::chrono::hours{1}});
    }
}

Task<> JetStreamBus::stop() {
    stopping_ = true;
    wake_all();
    co_await tasks_.wait();
    connection_->close();
}

bool JetStreamBus::connected() const { return connection_->epoch() != 0; }

bool JetStreamBus::is_caught_up() const {
    return connected() && clock_.now().milliseconds >= caught_up_from_ms_;
}

}  // namespace stagedoor::bus
