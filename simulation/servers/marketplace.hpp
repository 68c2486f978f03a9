// All machines of a simulated marketplace: two replicas of each service or two nodes with all services, their
// databases, NATS, the mail server and the payment provider.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulation/servers/database_server.hpp"
#include "simulation/servers/mail_server.hpp"
#include "simulation/servers/nats_server.hpp"
#include "simulation/servers/picture_server.hpp"
#include "simulation/servers/provider.hpp"
#include "simulation/servers/replica.hpp"
#include "simulation/world/disk.hpp"
#include "simulation/world/fault_injector.hpp"
#include "simulation/world/network.hpp"
#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

inline constexpr std::chrono::seconds time_to_pay{30};
// After this, pictures on no listing are deleted.
inline constexpr std::chrono::seconds unused_pictures_kept_for{4};

// How fast the machines are. By default they are never busy for long.
struct Capacity {
    Duration step{};  // of a replica's work
    DatabaseServer::Speed database;
    int max_batch = 0;  // events per transaction; 0: any number, from the seed
};

// Where a marketplace that spans several places has some of its services, such as a cell.
struct Site {
    std::string prefix;                   // of the names of its machines: "cell-2."
    std::map<std::string, int> services;  // with their replicas
    int cell = 0;
    Capacity capacity;
    ProviderAccount* provider_account = nullptr;
    bool has_pictures = false;  // on listings
};

class Marketplace {
  public:
    Marketplace(World& world, Disks& disks);
    Marketplace(World& world, Disks& disks, Site site);

    // Its machines can reach the other's, which belong to the same marketplace. database() falls back to the
    // other's.
    void connect_to(Marketplace& other) { others_.push_back(&other); }
    // Kills all its machines; they stay down until start().
    void kill();
    void start();

    // Sends a request from one machine to another and waits for the response. Throws outbound::NotSent and
    // outbound::NoResponse.
    [[nodiscard]] Task<http::Response> send(std::shared_ptr<Process> client, runtime::Clock& clock,
                                            std::string from, std::string to, http::Request request,
                                            std::chrono::milliseconds timeout);

    [[nodiscard]] DatabaseServer& database(const std::string& name);
    [[nodiscard]] const std::map<std::string, std::unique_ptr<DatabaseServer>>& databases() const {
        return databases_;
    }
    [[nodiscard]] std::vector<std::unique_ptr<Replica>>& replicas() { return replicas_; }
    [[nodiscard]] bool has(const std::string& service) const;
    [[nodiscard]] Replica& replica(const std::string& machine);
    [[nodiscard]] std::vector<Replica*> replicas_of(const std::string& service);

    World& world;
    const Site site;
    const bool has_nodes;  // instead of replicas of each service
    const int max_batch;   // events per transaction
    Network network;
    FaultInjector faults;
    NatsServer nats;
    const bus::EventKeys event_keys;  // of all services, though each uses only its own to sign
    MailServer mail;
    PictureServer pictures;
    ProviderState provider_state;
    boost::asio::execution_context context;
    Settings settings;

  private:
    [[nodiscard]] Replica* find_replica(const std::string& machine);

    std::vector<Marketplace*> others_;
    std::map<std::string, std::unique_ptr<DatabaseServer>> databases_;
    std::vector<std::unique_ptr<Replica>> replicas_;
};

}  // namespace stagedoor::simulation
