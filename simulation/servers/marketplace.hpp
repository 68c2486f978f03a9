// All machines of a simulated marketplace: two copies of each service, their databases, NATS, and what is around them.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/http/message.hpp"
#include "common/service/host.hpp"
#include "simulation/faults/fault_injector.hpp"
#include "simulation/servers/database_server.hpp"
#include "simulation/servers/nats_server.hpp"
#include "simulation/servers/outside.hpp"
#include "simulation/world/disk.hpp"
#include "simulation/world/executor.hpp"
#include "simulation/world/network.hpp"
#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

class Marketplace;

// One copy of a service: a program that is started again whenever it ends.
class Node {
  public:
    Node(Marketplace& marketplace, NamedService service, int copy);

    void start();
    // As by kill -9.
    void crash();
    // As by SIGTERM, and started again.
    void restart();
    [[nodiscard]] bool is_serving() const { return running_ && serving_; }
    [[nodiscard]] bool is_running() const { return running_ != nullptr; }

    [[nodiscard]] const std::string& machine() const { return machine_; }
    [[nodiscard]] const std::string& service() const { return service_.name; }
    [[nodiscard]] const std::shared_ptr<Life>& life() const;
    void be_wrong_by(std::chrono::milliseconds skew);

    // A question to it and its answer; `told` is on the side of who asks.
    struct Exchange {
        std::string from;
        std::shared_ptr<Life> asker;
        std::optional<http::Response> answer;
        bool broken = false;
        runtime::AsyncEvent told;
    };
    void serve(const std::shared_ptr<Exchange>& exchange, http::Request request);

  private:
    struct Running;

    [[nodiscard]] Task<> begin(Running& running);
    [[nodiscard]] Task<> end(Running& running);
    [[nodiscard]] Task<> answer(Running& running, std::shared_ptr<Exchange> exchange, http::Request request);
    void end_life();
    void start_again();

    Marketplace& marketplace_;
    NamedService service_;
    const std::string machine_;
    std::chrono::milliseconds skew_{};
    bool serving_ = false, ending_ = false;
    std::vector<std::shared_ptr<Exchange>> open_;
    Running* running_ = nullptr;  // never destroyed: see Life::kill
};

class Marketplace {
  public:
    Marketplace(World& world, Disks& disks);

    // Asks one machine from another. Throws outbound::NotSent and outbound::NoAnswer.
    [[nodiscard]] Task<http::Response> ask(std::shared_ptr<Life> asker, runtime::Clock& clock,
                                           std::string from, std::string to, http::Request request,
                                           std::chrono::milliseconds limit);

    [[nodiscard]] DatabaseServer& database(const std::string& name) { return *databases_.at(name); }
    [[nodiscard]] const std::map<std::string, std::unique_ptr<DatabaseServer>>& databases() const {
        return databases_;
    }
    [[nodiscard]] std::vector<std::unique_ptr<Node>>& nodes() { return nodes_; }
    [[nodiscard]] Node& node(const std::string& machine);
    [[nodiscard]] std::vector<Node*> copies(const std::string& service);

    World& world;
    Network network;
    Faults faults;
    NatsServer nats;
    MailServer mail;
    ProviderTalk provider_talk;
    // What a copy is given instead of its way to a database or to the bus: how bugs are planted. Empty: nothing else.
    std::function<std::unique_ptr<sql::Database>(const std::string& name, std::unique_ptr<sql::Database>)>
        wrap_database;
    std::function<std::unique_ptr<bus::NatsConnection>(std::unique_ptr<bus::NatsConnection>)> wrap_connection;
    boost::asio::execution_context context;
    Settings settings;

  private:
    std::map<std::string, std::unique_ptr<DatabaseServer>> databases_;
    std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace stagedoor::simulation
