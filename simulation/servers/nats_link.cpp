#include <fmt/format.h>

#include "simulation/servers/nats_server.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto between_pings = 250ms, silence = 2'000ms;
constexpr Duration shortest_wait = 100ms, max_poll_interval = 500ms;
constexpr std::size_t largest = 1'000'000;

class NatsLink final : public bus::NatsConnection {
  public:
    NatsLink(NatsServer& server, std::shared_ptr<Life> life, std::string machine, runtime::Clock& clock)
        : server_(server),
          life_(std::move(life)),
          machine_(std::move(machine)),
          clock_(clock),
          inbox_(fmt::format("_INBOX.{:x}", life_->world().new_seed())) {}

    std::shared_ptr<bus::Mailbox> make_mailbox() override {
        auto address = inbox_ + "." + std::to_string(mailboxes_.size());
        return mailboxes_.emplace_back(std::make_shared<bus::Mailbox>(address, clock_));
    }

    void start(std::function<void()> changed) override {
        changed_ = std::move(changed);
        connect();
    }

    [[nodiscard]] std::int64_t epoch() const override { return epoch_; }

    bool send(std::int64_t epoch, Outgoing message) override {
        if (epoch == 0 || epoch != epoch_ || is_too_large(message)) return false;
        there_->send(connected_to_, [&server = server_, client = client_, message = std::move(message)] {
            server.take(client, message);
        });
        return true;
    }

    [[nodiscard]] bool is_too_large(const Outgoing& message) const override {
        return message.data.size() + message.id.size() > largest;
    }

    void close() override {
        ended_ = true;
        if (epoch_ != 0) disconnect();
    }

  private:
    [[nodiscard]] World& world() const { return life_->world(); }
    [[nodiscard]] bool reaches_server() const {
        return server_.is_up() && server_.network().reaches(machine_, NatsServer::machine);
    }

    void connect() {
        if (ended_) return;
        life_->after(world().between(shortest_wait, max_poll_interval), [this] {
            if (ended_) return;
            if (!reaches_server()) return connect();
            there_ = std::make_shared<Wire>(server_.network(), machine_, NatsServer::machine);
            client_ = std::make_shared<NatsServer::Client>();
            client_->life = life_;
            client_->back = std::make_shared<Wire>(server_.network(), NatsServer::machine, machine_);
            client_->receive = [this, epoch = connections_ + 1](const std::string& to,
                                                                bus::NatsMessage message) {
                message.epoch = epoch;
                if (epoch == epoch_) receive(to, std::move(message));
            };
            connected_to_ = server_.life();
            heard_at_ = world().now();
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

    // A server that has died says so, by its machine; one that is cut off is noticed after a while.
    void ping(std::int64_t of_epoch) {
        life_->after(between_pings, [this, of_epoch] {
            if (of_epoch != epoch_) return;
            if (reaches_server() && server_.life() == connected_to_) heard_at_ = world().now();
            auto died =
                server_.life() != connected_to_ && server_.network().reaches(machine_, NatsServer::machine);
            if (!died && world().now() - heard_at_ < silence) return ping(of_epoch);
            disconnect();
            connect();
        });
    }

    void disconnect() {
        epoch_ = 0;
        client_->gone = true;
        there_->close();
        client_->back->close();
        changed_();
    }

    NatsServer& server_;
    const std::shared_ptr<Life> life_;
    const std::string machine_;
    runtime::Clock& clock_;
    const std::string inbox_;
    std::vector<std::shared_ptr<bus::Mailbox>> mailboxes_;
    std::function<void()> changed_;
    std::int64_t epoch_ = 0, connections_ = 0;
    bool ended_ = false;
    std::shared_ptr<Wire> there_;
    std::shared_ptr<NatsServer::Client> client_;
    std::shared_ptr<Life> connected_to_;
    Duration heard_at_{};
};

}  // namespace

std::unique_ptr<bus::NatsConnection> connect(NatsServer& server, std::shared_ptr<Life> life,
                                             std::string machine, runtime::Clock& clock) {
    return std::make_unique<NatsLink>(server, std::move(life), std::move(machine), clock);
}

}  // namespace stagedoor::simulation
