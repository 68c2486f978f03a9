// A one-node NATS server with the part of JetStream that the bus uses. Its messages are those of a real
// server; it can lose whatever a real one can lose.
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

// One direction of a connection between two machines: messages arrive in order or not at all.
class Wire : public std::enable_shared_from_this<Wire> {
  public:
    Wire(Network& network, std::string from, std::string to)
        : network_(network), from_(std::move(from)), to_(std::move(to)) {}
    // Calls `receive` on `receiver` when the message arrives.
    void send(const std::shared_ptr<Process>& receiver, Action receive);
    void close() { open_ = false; }
    [[nodiscard]] bool is_open() const { return open_; }

  private:
    void arrive(const std::shared_ptr<Process>& receiver, Action receive);

    Network& network_;
    const std::string from_, to_;
    Duration last_{};
    bool open_ = true;
};

class NatsServer {
  public:
    // A connected client; the server sends it messages on `wire`.
    struct Client {
        std::shared_ptr<Process> process;
        std::shared_ptr<Wire> wire;
        std::function<void(const std::string& to, bus::NatsMessage)> receive;
        std::set<std::string> subjects;  // that it subscribes to
        std::string user, inbox;         // inbox: where responses to it begin
        bool disconnected = false;
    };

    NatsServer(World& world, Network& network);

    static constexpr const char* machine = "nats";
    [[nodiscard]] Network& network() { return network_; }
    [[nodiscard]] const std::shared_ptr<Process>& process() const { return process_; }
    [[nodiscard]] bool is_up() const { return process_ != nullptr; }

    void start();
    // What survives a crash. synced: all but the last two minutes; backup: the state at the last
    // make_backup().
    enum class Keeps { all, synced, backup, nothing };
    void crash(Keeps keeps);
    void make_backup() { backup_ = streams_; }
    // A consumer disappears between two requests of its service, or a stream with all its consumers. No
    // client is notified, and requests to them get no response.
    void lose_a_consumer();
    void lose_a_stream();
    // A consumer is still known, but never responds or delivers anything until it is deleted.
    void silence_a_consumer();

    // The client receives what others publish to its subjects.
    void subscribe(const std::shared_ptr<Client>& client);
    // Calls `observe` for each message of core NATS, on arrival.
    void observe_messages(std::function<void(const std::string& subject, const std::string& data)> observe) {
        observe_ = std::move(observe);
    }
    void handle(const std::shared_ptr<Client>& client, bus::NatsConnection::Outgoing message);
    // Stores a message as if its service had published it.
    void store(const std::string& subject, const std::string& id, const std::string& data,
               const std::string& signature);
    // Copies a stream of another server from now on: the messages whose subjects begin with one of these.
    void mirror(const NatsServer& origin, std::string stream, std::vector<std::string> subjects);
    // What services were not allowed to do since the last call, by their own replicas.
    [[nodiscard]] std::vector<std::string> denied() { return std::exchange(denied_, {}); }

    double lost_deliveries = 0;  // the share that arrives only after the ack timeout
    double duplicates = 0;       // the share delivered twice
    double lost_messages = 0;    // the share of core NATS messages that nobody receives

  private:
    struct Stored {
        std::string subject, id, data, signature;
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
        std::string config, filter, created;
        bool disappears = false;  // once its last request has ended
        bool silent = false;
        Duration ack_wait{};
        std::int64_t last = 0, deliveries = 0;  // last: a sequence of the stream
        std::map<std::int64_t, Delivered> unacked;
        std::set<std::int64_t> to_redeliver;
        std::deque<Pull> pulls;
    };
    struct Stream {
        std::string config, created;
        Duration ready_at{};  // consumers made before are silent
        std::vector<std::string> subjects;
        std::vector<std::shared_ptr<const Stored>> messages;  // sequences start at 1
        std::map<std::string, std::int64_t> by_id;            // within the duplicate window
        std::map<std::string, Consumer> consumers;
        std::size_t mirrored = 0;  // messages of the origin
    };
    using Streams = std::map<std::string, Stream>;

    struct Mirror {
        const NatsServer& origin;
        std::string stream;
        std::vector<std::string> subjects;
    };

    void tick();
    void copy(const Mirror& mirror);
    [[nodiscard]] bool forward(const bus::NatsConnection::Outgoing& message);
    void remove_disappearing(Stream& stream);
    [[nodiscard]] Consumer* any_consumer();
    void respond(const std::shared_ptr<Client>& client, const std::string& to, std::string data,
                 int status = 0);
    void handle_api_request(const std::shared_ptr<Client>& client,
                            const bus::NatsConnection::Outgoing& message);
    [[nodiscard]] std::string api(const std::string& subject, const std::string& data);
    [[nodiscard]] std::string make_stream(const std::string& name, const std::string& data, bool update);
    [[nodiscard]] std::string stream_info(const std::string& name) const;
    [[nodiscard]] std::string make_consumer(Stream& stream, const std::string& name, const std::string& data);
    [[nodiscard]] static std::string consumer_info(const Stream& stream, const Consumer& consumer);
    void pull(const std::shared_ptr<Client>& client, const std::string& stream, const std::string& consumer,
              const bus::NatsConnection::Outgoing& message);
    void acknowledge(const std::string& subject, const std::string& data);
    struct Appended {
        std::string stream;
        std::int64_t sequence = 0;
        bool duplicate = false;
    };
    [[nodiscard]] std::optional<Appended> append(const std::string& subject, const std::string& id,
                                                 const std::string& data, const std::string& signature);
    void deny(const Client& client, const std::string& what);
    void deliver(const std::string& stream_name, Stream& stream, const std::string& name, Consumer& consumer);
    [[nodiscard]] static bool matches(const std::string& filter, const std::string& subject);

    World& world_;
    Network& network_;
    std::shared_ptr<Process> process_;
    Streams streams_, synced_, backup_;
    Duration synced_at_{};
    std::int64_t created_ = 0;
    std::vector<std::shared_ptr<Client>> subscribers_;
    std::function<void(const std::string&, const std::string&)> observe_;
    std::vector<std::string> denied_;
    std::vector<Mirror> mirrors_;
};

// A connection of `user`, which reconnects until it is closed.
[[nodiscard]] std::unique_ptr<bus::NatsConnection> connect(NatsServer& server,
                                                           std::shared_ptr<Process> process,
                                                           std::string machine, runtime::Clock& clock,
                                                           std::string user);

}  // namespace stagedoor::simulation
