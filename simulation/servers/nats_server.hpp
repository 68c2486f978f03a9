// A NATS server with JetStream, as far as the bus's own code asks for it: what goes over the wire is real, and nats-server is
// not. It loses what a real one may lose.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/bus/jetstream/nats_connection.hpp"
#include "common/json/value.hpp"
#include "simulation/world/network.hpp"
#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

// A connection between a copy and the server: what is sent arrives in order or not at all.
class Wire : public std::enable_shared_from_this<Wire> {
  public:
    // Between two machines, one way.
    Wire(Network& network, std::string from, std::string to)
        : network_(network), from_(std::move(from)), to_(std::move(to)) {}
    // `receive` is called on `receiver`.
    void send(const std::shared_ptr<Life>& receiver, Action receive);
    void close() { open_ = false; }
    [[nodiscard]] bool is_open() const { return open_; }

  private:
    void arrive(const std::shared_ptr<Life>& receiver, Action receive);

    Network& network_;
    const std::string from_, to_;
    Duration last_{};
    bool open_ = true;
};

class NatsServer {
  public:
    // Who is connected. The server puts messages on its wire.
    struct Client {
        std::shared_ptr<Life> life;
        std::shared_ptr<Wire> back;
        std::function<void(const std::string& to, bus::NatsMessage)> receive;
        bool gone = false;
    };

    NatsServer(World& world, Network& network);

    static constexpr const char* machine = "nats";
    [[nodiscard]] Network& network() { return network_; }
    [[nodiscard]] const std::shared_ptr<Life>& life() const { return life_; }
    [[nodiscard]] bool is_up() const { return life_ != nullptr; }

    void start();
    enum class Keeps { all, synced, copy, nothing };  // synced: up to two minutes lost; copy: made long ago
    void crash(Keeps keeps);
    void make_copy() { copy_ = streams_; }

    void take(const std::shared_ptr<Client>& client, bus::NatsConnection::Outgoing message);
    // Stored as if it had been sent.
    void store(const std::string& subject, const std::string& id, const std::string& data);

    double lost_deliveries = 0;  // how many come again only after the time to acknowledge
    double duplicates = 0;       // how many come twice
    bool takes_delivery_for_acknowledgement = false;  // a bug to plant

  private:
    struct Stored {
        std::string subject, id, data;
        Duration at{};
    };
    struct Pull {
        std::shared_ptr<Client> client;
        std::string reply;
        std::int64_t left = 0;
        Duration ends{};
    };
    struct Delivered {
        Duration deadline{};
        std::int64_t times = 0;
    };
    struct Consumer {
        std::string config, filter;
        Duration ack_wait{};
        std::int64_t last = 0, deliveries = 0;  // sequence in the stream; count
        std::map<std::int64_t, Delivered> unacknowledged;
        std::set<std::int64_t> again;
        std::deque<Pull> pulls;
    };
    struct Stream {
        std::string config, created;
        std::vector<std::string> subjects;
        std::vector<std::shared_ptr<const Stored>> messages;  // the first has sequence 1
        std::map<std::string, std::int64_t> by_id;            // within the window for duplicates
        std::map<std::string, Consumer> consumers;
    };
    using Streams = std::map<std::string, Stream>;

    void tick();
    void answer(const std::shared_ptr<Client>& client, const std::string& to, std::string data,
                int status = 0);
    void take_question(const std::shared_ptr<Client>& client, const bus::NatsConnection::Outgoing& message);
    [[nodiscard]] std::string api(const std::string& subject, const std::string& data);
    [[nodiscard]] std::string make_stream(const std::string& name, const std::string& data, bool update);
    [[nodiscard]] std::string stream_info(const std::string& name) const;
    [[nodiscard]] std::string make_consumer(Stream& stream, const std::string& name, const std::string& data);
    [[nodiscard]] static std::string consumer_info(const Stream& stream, const Consumer& consumer);
    void pull(const std::shared_ptr<Client>& client, const std::string& stream, const std::string& consumer,
              const bus::NatsConnection::Outgoing& message);
    void acknowledge(const std::string& subject, const std::string& data);
    struct Taken {
        std::string stream;
        std::int64_t sequence = 0;
        bool duplicate = false;
    };
    [[nodiscard]] std::optional<Taken> add(const std::string& subject, const std::string& id,
                                           const std::string& data);
    void deliver(const std::string& stream_name, Stream& stream, const std::string& name, Consumer& consumer);
    [[nodiscard]] static bool matches(const std::string& filter, const std::string& subject);

    World& world_;
    Network& network_;
    std::shared_ptr<Life> life_;
    Streams streams_, synced_, copy_;
    Duration synced_at_{};
    std::int64_t created_ = 0;
};

// A copy's connection to it, that is made again and again.
[[nodiscard]] std::unique_ptr<bus::NatsConnection> connect(NatsServer& server, std::shared_ptr<Life> life,
                                                           std::string machine, runtime::Clock& clock);

}  // namespace stagedoor::simulation
