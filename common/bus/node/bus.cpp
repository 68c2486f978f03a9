#include "common/bus/node/bus.hpp"

#include <boost/asio/this_coro.hpp>

#include "common/bus/node/local_delivery.hpp"

namespace stagedoor::bus {

// Which subscribers in this process receive the events of an entity. Any thread.
class NodeBus::Routes {
  public:
    void add(const std::string& entity, std::shared_ptr<LocalQueue> queue) {
        std::lock_guard lock{mutex_};
        by_entity_[entity].push_back(std::move(queue));
    }
    void put(const Event& event) {
        std::lock_guard lock{mutex_};
        auto found = by_entity_.find(contracts::entity_of(event.type));
        if (found == by_entity_.end()) return;
        for (auto& queue : found->second) queue->put(event);
    }

  private:
    std::mutex mutex_;
    std::map<std::string, std::vector<std::shared_ptr<LocalQueue>>, std::less<>> by_entity_;
};

NodeBus::NodeBus(Connections connections, runtime::Clock& clock, runtime::Metrics& metrics)
    : connections_(std::move(connections)),
      clock_(clock),
      metrics_(metrics),
      routes_(std::make_shared<Routes>()),
      tasks_(clock) {}

NodeBus::~NodeBus() = default;

void NodeBus::publish_from(Log& log) {
    log.on_published([routes = routes_](const Event& event) { routes->put(event); });
    connections_.at(log.service())->publish_from(log);
}

void NodeBus::deliver_to(Subscriber& subscriber) {
    auto& delivery = *deliveries_.emplace_back(std::make_unique<LocalDelivery>(subscriber, clock_, metrics_));
    for (const auto& [source, entities] : subscriber.subscriptions()) {
        if (!connections_.contains(source)) continue;  // not in this process
        for (const auto& entity : entities) routes_->add(entity, delivery.queue());
    }
    connections_.at(subscriber.service())->deliver_to(delivery);
}

void NodeBus::start(const runtime::Executor& executor) {
    for (auto& delivery : deliveries_)
        tasks_.spawn(executor, "local bus to " + delivery->service(),
                     [each = delivery.get()] { return each->run(); });
    for (auto& [service, bus] : connections_) bus->start(executor);
}

// All at the same time, since each may wait for the end of a request.
Task<> NodeBus::stop() {
    for (auto& delivery : deliveries_) delivery->stop();
    auto executor = co_await boost::asio::this_coro::executor;
    for (auto& [service, bus] : connections_)
        tasks_.spawn(executor, "stopping the bus of " + service, [each = bus.get()] { return each->stop(); });
    co_await tasks_.wait();
}

bool NodeBus::connected() const {
    return std::ranges::all_of(connections_, [](const auto& each) { return each.second->connected(); });
}

bool NodeBus::is_caught_up() const {
    return std::ranges::all_of(connections_, [](const auto& each) { return each.second->is_caught_up(); });
}

bool NodeBus::carries_hints() const {
    return std::ranges::any_of(connections_, [](const auto& each) { return each.second->carries_hints(); });
}

Bus& NodeBus::bus_of_topic(const std::string& topic) {
    return *connections_.at(topic.substr(0, topic.find('.')));
}

void NodeBus::on_hint(const std::string& topic, std::function<void(std::string)> receive) {
    bus_of_topic(topic).on_hint(topic, std::move(receive));
}

void NodeBus::send_hint(const std::string& topic, std::string hint) {
    bus_of_topic(topic).send_hint(topic, std::move(hint));
}

}  // namespace stagedoor::bus
