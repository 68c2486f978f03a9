#include <fmt/format.h>

#include "common/bus/jetstream/permissions.hpp"
#include "simulation/servers/nats_server.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto ping_interval = 250ms, ping_timeout = 2'000ms;
constexpr Duration min_reconnect_delay = 100ms, max_reconnect_delay = 500ms;
constexpr std::size_t max_payload = 1'000'000;

class NatsLink final : public bus::NatsConnection {
  public:
    NatsLink(NatsServer& server, std::shared_ptr<Process> process, std::string machine, runtime::Clock& clock,
             std::string user)
        : server_(server),
          process_(std::move(process)),
          machine_(std::move(machine)),
          clock_(clock),
          user_(std::move(user)),
          inbox_(fmt::format("{}{:x}", bus::inbox_prefix(user_), process_->world().new_seed())) {}

    std::shared_ptr<bus::Mailbox> make_mailbox() override {
        auto address = inbox_ + "." + std::to_string(mailboxes_.size());
        return mailboxes_.emplace_back(std::make_shared<bus::Mailbox>(address, clock_));
    }

    std::shared_ptr<bus::Mailbox> subscribe(std::string subject, std::size_t max_messages) override {
        subjects_.insert(subject);
        return mailboxes_.emplace_back(
            std::make_shared<bus::Mailbox>(std::move(subject), clock_, max_messages));
    }

    void start(std::function<void()> changed) override {
        changed_ = std::move(changed);
        connect();
    }

    [[nodiscard]] std::int64_t epoch() const override { return epoch_; }

    bool send(std::int64_t epoch, Outgoing message) override {
        if (epoch == 0 || epoch != epoch_ || is_too_large(message)) return false;
        outgoing_->send(connected_to_, [&server = server_, client = client_, message = std::move(message)] {
            server.handle(client, message);
        });
        return true;
    }

    std::size_t send_all(std::int64_t epoch, std::vector<Outgoing> messages) override {
        std::size_t accepted = 0;
        while (accepted < messages.size() && send(epoch, std::move(messages[accepted]))) ++accepted;
        return accepted;
    }

    [[nodiscard]] bool is_too_large(const Outgoing& message) const override {
        return message.data.size() + message.id.size() + message.signature.size() > max_payload;
    }

    void close() override {
        closed_ = true;
        if (epoch_ != 0) disconnect();
    }

  private:
    [[nodiscard]] World& world() const { return process_->world(); }
    [[nodiscard]] bool reaches_server() const {
        return server_.is_up() && server_.network().reaches(machine_, NatsServer::machine);
    }

    void connect() {
        if (closed_) return;
        process_->after(world().between(min_reconnect_delay, max_reconnect_delay), [this] {
            if (closed_) return;
            if (!reaches_server()) return connect();
            outgoing_ = std::make_shared<Wire>(server_.network(), machine_, NatsServer::machine);
            client_ = std::make_shared<NatsServer::Client>();
            client_->process = process_;
            client_->wire = std::make_shared<Wire>(server_.network(), NatsServer::machine, machine_);
            client_->receive = [this, epoch = connections_ + 1](const std::string& to,
                                                                bus::NatsMessage message) {
                message.epoch = epoch;
                if (epoch == epoch_) receive(to, std::move(message));
            };
            client_->subjects = subjects_;
            client_->user = user_;
            client_->inbox = inbox_;
            server_.subscribe(client_);
            connected_to_ = server_.process();
            last_seen_ = world().now();
            epoch_ = ++connections_;
            ping(epoch_);
            changed_();
        });
    }

    void receive(const std::string& to, bus::NatsMessage message) {
        for (auto& mailbox : mailboxes_) {
            const auto& address = mailbox->address();
            if (to.starts_with(address) && (to.size() == address.size() || to[address.size()] == '.'))
                return mailbox->put(std::move(message));
        }
    }

    // A dead server's machine resets the connection; an unreachable server is noticed by a timeout.
    void ping(std::int64_t of_epoch) {
        process_->after(ping_interval, [this, of_epoch] {
            if (of_epoch != epoch_) return;
            if (reaches_server() && server_.process() == connected_to_) last_seen_ = world().now();
            auto died = server_.process() != connected_to_ &&
                        server_.network().reaches(machine_, NatsServer::machine);
            if (!died && world().now() - last_seen_ < ping_timeout) return ping(of_epoch);
            disconnect();
            connect();
        });
    }

    void disconnect() {
        epoch_ = 0;
        client_->disconnected = true;
        outgoing_->close();
        client_->wire->close();
        changed_();
    }

    NatsServer& server_;
    const std::shared_ptr<Process> process_;
    const std::string machine_;
    runtime::Clock& clock_;
    const std::string user_, inbox_;
    std::vector<std::shared_ptr<bus::Mailbox>> mailboxes_;
    std::set<std::string> subjects_;
    std::function<void()> changed_;
    std::int64_t epoch_ = 0, connections_ = 0;
    bool closed_ = false;
    std::shared_ptr<Wire> outgoing_;
    std::shared_ptr<NatsServer::Client> client_;
    std::shared_ptr<Process> connected_to_;
    Duration last_seen_{};
};

}  // namespace

std::unique_ptr<bus::NatsConnection> connect(NatsServer& server, std::shared_ptr<Process> process,
                                             std::string machine, runtime::Clock& clock, std::string user) {
    return std::make_unique<NatsLink>(server, std::move(process), std::move(machine), clock, std::move(user));
}

}  // namespace stagedoor::simulation
