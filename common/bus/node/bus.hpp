// The bus of a node, a process that holds all services. A commit hands its events to the subscribers in the
// same process at once. Each service's own bus between nodes brings them to other nodes, and here again in
// case a local delivery was missed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/bus/bus.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/task_group.hpp"

namespace stagedoor::bus {

class LocalDelivery;

class NodeBus final : public Bus {
  public:
    // The bus of each service, by its name. Each has its own connection, so that each service can have its
    // own user.
    using Connections = std::map<std::string, std::unique_ptr<Bus>, std::less<>>;
    NodeBus(Connections connections, runtime::Clock& clock, runtime::Metrics& metrics);
    ~NodeBus() override;

    void publish_from(Log& log) override;
    void deliver_to(Subscriber& subscriber) override;
    // `executor` must be single-threaded or a strand.
    void start(const runtime::Executor& executor) override;
    [[nodiscard]] Task<> stop() override;
    // Of all services. Local deliveries need no connection.
    [[nodiscard]] bool connected() const override;
    [[nodiscard]] bool is_caught_up() const override;
    [[nodiscard]] bool carries_hints() const override;
    void on_hint(const std::string& topic, std::function<void(std::string)> receive) override;
    void send_hint(const std::string& topic, std::string hint) override;

  private:
    class Routes;

    [[nodiscard]] Bus& bus_of_topic(const std::string& topic);

    Connections connections_;
    runtime::Clock& clock_;
    runtime::Metrics& metrics_;
    std::shared_ptr<Routes> routes_;  // also held by the databases, which may outlive this bus
    std::vector<std::unique_ptr<LocalDelivery>> deliveries_;
    runtime::TaskGroup tasks_;
};

}  // namespace stagedoor::bus
