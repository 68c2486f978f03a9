#include "simulation/servers/marketplace.hpp"

#include <fmt/format.h>

#include "common/bus/jetstream/bus.hpp"
#include "common/http/routing/problem.hpp"
#include "common/service/remote_client.hpp"
#include "services/all_services.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

constexpr int copies_of_each = 2;

std::string machine_of(const NamedService& service, int copy) {
    return fmt::format("{}-{}", service.name, copy);
}

// What a program sends into the world outside of it.
class SimulatedTransport final : public outbound::Transport {
  public:
    SimulatedTransport(Marketplace& marketplace, std::shared_ptr<Life> life, std::string machine,
                       runtime::Clock& clock)
        : marketplace_(marketplace), life_(std::move(life)), machine_(std::move(machine)), clock_(clock) {}

    // "http://machine/path"
    Task<outbound::HttpAnswer> send(outbound::HttpRequest question) override {
        constexpr std::size_t scheme = 7;
        auto path = question.url.find('/', scheme);
        http::Request request;
        request.method = http::method_from(question.method);
        (void)request.set_target(question.url.substr(path));
        for (auto& [name, value] : question.headers) {
            if (http::same_name(name, "X-Forwarded-For")) request.remote_address = value;
            if (http::same_name(name, "X-Request-Id")) request.request_id = value;
            request.headers.add(name, value);
        }
        request.body = std::move(question.body);
        auto response =
            co_await marketplace_.ask(life_, clock_, machine_, question.url.substr(scheme, path - scheme),
                                      std::move(request), question.limit);
        outbound::HttpAnswer answer{
            .status = response.status, .headers = {}, .body = std::move(response.body)};
        for (const auto& [name, value] : response.headers) answer.headers.emplace_back(name, value);
        co_return answer;
    }

    Task<> deliver(outbound::SmtpServer /*server*/, outbound::Email letter) override {
        return marketplace_.mail.take(clock_, machine_, std::move(letter));
    }

    void close() override {}

  private:
    Marketplace& marketplace_;
    const std::shared_ptr<Life> life_;
    const std::string machine_;
    runtime::Clock& clock_;
};

Settings settings_of_all() {
    Settings settings;
    settings.jwt_key_secret = "a secret of the simulation";
    settings.mail_link_secret = "another secret of the simulation";
    settings.hold_seconds = 30;
    settings.smtp_url = "smtp://mail";
    settings.smtp_demand_tls = false;
    for (const auto& service : all_services()) {
        for (int copy = 1; copy <= copies_of_each; ++copy)
            settings.services[service.name].push_back("http://" + machine_of(service, copy));
    }
    return settings;
}

std::unique_ptr<bus::NatsConnection> connection_to_bus(Marketplace& marketplace, std::shared_ptr<Life> life,
                                                       const std::string& machine, runtime::Clock& clock) {
    auto connection = connect(marketplace.nats, std::move(life), machine, clock);
    return marketplace.wrap_connection ? marketplace.wrap_connection(std::move(connection))
                                       : std::move(connection);
}

// As it is, but for what runs on threads or is somebody else's.
NamedService simulated(NamedService service, int copy, Marketplace& marketplace) {
    if (service.name == "auth") {
        service.make = [](ServiceDeps deps) {
            return auth::make_service_with(std::move(deps), make_quick_passwords());
        };
    } else if (service.name == "payments") {
        service.make = [&marketplace, machine = machine_of(service, copy)](ServiceDeps deps) {
            auto provider = make_provider(deps, {marketplace.world, machine, marketplace.network,
                                                 marketplace.faults, marketplace.provider_talk});
            return payments::make_service_with(std::move(deps), std::move(provider));
        };
    }
    return service;
}

}  // namespace

// ---- a copy

struct Node::Running {
    Running(Marketplace& marketplace, const Node& node)
        : life(marketplace.world.begin_life(node.machine_)),
          clock(life),
          random(marketplace.world.new_seed()),
          executor(LifeExecutor{life, marketplace.context}),
          transport(marketplace, life, node.machine_, clock),
          bus({}, clock, metrics, connection_to_bus(marketplace, life, node.machine_, clock)) {
        clock.be_wrong_by(node.skew_);
        if (node.service_.name == "client")
            services =
                std::make_unique<RemoteClient>(marketplace.settings.services, transport, clock, metrics);
    }

    std::shared_ptr<Life> life;
    LifeClock clock;
    runtime::SeededRandom random;
    runtime::Metrics metrics;
    runtime::Executor executor;
    SimulatedTransport transport;
    bus::JetStreamBus bus;
    std::unique_ptr<RemoteClient> services;
    std::unique_ptr<Host> host;
};

Node::Node(Marketplace& marketplace, NamedService service, int copy)
    : marketplace_(marketplace), service_(std::move(service)), machine_(machine_of(service_, copy)) {}

const std::shared_ptr<Life>& Node::life() const { return running_->life; }

void Node::be_wrong_by(std::chrono::milliseconds skew) {
    skew_ = skew;
    if (running_) running_->clock.be_wrong_by(skew);
}

void Node::start() {
    if (running_) return;
    running_ = new Running{marketplace_, *this};
    auto open = [this](const std::string& name) {
        auto database = connect(marketplace_.database(name), running_->life, machine_, running_->clock);
        return marketplace_.wrap_database ? marketplace_.wrap_database(name, std::move(database))
                                          : std::move(database);
    };
    try {
        running_->host = std::make_unique<Host>(
            HostParts{running_->clock, running_->random, running_->metrics, running_->bus, running_->executor,
                      marketplace_.settings, open, running_->transport, running_->services.get()},
            std::vector<NamedService>{service_});
    } catch (const std::runtime_error& error) {  // its supervisor tries again
        marketplace_.world.note(machine_, fmt::format("can't start: {}", error.what()));
        return start_again();
    }
    marketplace_.world.note(machine_, "starts");
    boost::asio::co_spawn(running_->executor, begin(*running_),
                          [this, life = running_->life](std::exception_ptr failure) {
                              if (failure && life->is_alive()) start_again();
                          });
}

Task<> Node::begin(Running& running) {
    co_await running.host->start();
    (void)co_await running.host->wait_until_ready([] { return false; });
    serving_ = true;
    marketplace_.world.note(machine_, "serves");
}

void Node::end_life() {
    if (!running_) return;
    running_->life->kill();
    running_ = nullptr;
    serving_ = ending_ = false;
    for (const auto& each : std::exchange(open_, {})) {  // its machine says that nobody is there any more
        each->asker->after(marketplace_.network.delay(machine_, each->from), [each] {
            each->broken = true;
            each->told.notify();
        });
    }
}

void Node::start_again() {
    end_life();
    auto supervisor = marketplace_.world.begin_life("supervisor");
    supervisor->after(marketplace_.world.between(200ms, 3s), [this] { start(); });
}

void Node::crash() {
    if (!running_) return;
    marketplace_.world.note(machine_, "is killed");
    start_again();
}

void Node::restart() {
    if (!is_serving() || ending_) return;
    ending_ = true;
    marketplace_.world.note(machine_, "is told to end");
    boost::asio::co_spawn(running_->executor, end(*running_),
                          [this, life = running_->life](std::exception_ptr) {
                              if (life->is_alive()) start_again();
                          });
}

// As a program's own end: what is under way is finished first.
Task<> Node::end(Running& running) {
    running.host->set_draining();
    serving_ = false;
    while (!open_.empty()) co_await runtime::sleep_for(running.clock, 10ms);
    co_await running.host->stop();
    running.host->close();
    marketplace_.world.note(machine_, "has ended");
}

void Node::serve(const std::shared_ptr<Exchange>& exchange, http::Request request) {
    open_.push_back(exchange);
    boost::asio::co_spawn(running_->executor, answer(*running_, exchange, std::move(request)),
                          boost::asio::detached);
}

Task<> Node::answer(Running& running, std::shared_ptr<Exchange> exchange, http::Request request) {
    std::exception_ptr thrown;
    http::Response response;
    try {
        response = co_await running.host->handle(request);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown) response = http::problem(thrown, request);
    std::erase(open_, exchange);
    auto& network = marketplace_.network;
    exchange->asker->after(
        network.delay(machine_, exchange->from),
        [&network, machine = machine_, exchange, response = std::move(response)]() mutable {
            if (!network.reaches(machine, exchange->from)) return;
            exchange->answer = std::move(response);
            exchange->told.notify();
        });
}

// ---- all of them

Marketplace::Marketplace(World& the_world, Disks& disks)
    : world(the_world),
      network(world),
      faults(world),
      nats(world, network),
      mail(world, network, faults),
      settings(settings_of_all()) {
    for (const auto& service : all_services())
        databases_[service.name] = std::make_unique<DatabaseServer>(service.name, world, disks, network);
    databases_["test-provider"] = std::make_unique<DatabaseServer>("test-provider", world, disks, network);
    for (const auto& service : all_services()) {
        for (int copy = 1; copy <= copies_of_each; ++copy)
            nodes_.push_back(std::make_unique<Node>(*this, simulated(service, copy, *this), copy));
    }
    for (auto& node : nodes_) {
        auto supervisor = world.begin_life("supervisor");
        supervisor->after(world.between(0ms, 500ms), [&node] { node->start(); });
    }
}

Node& Marketplace::node(const std::string& machine) {
    for (auto& node : nodes_) {
        if (node->machine() == machine) return *node;
    }
    throw std::out_of_range("no machine " + machine);
}

std::vector<Node*> Marketplace::copies(const std::string& service) {
    std::vector<Node*> found;
    for (auto& node : nodes_) {
        if (node->service() == service) found.push_back(node.get());
    }
    return found;
}

Task<http::Response> Marketplace::ask(std::shared_ptr<Life> asker, runtime::Clock& clock, std::string from,
                                      std::string to, http::Request request,
                                      std::chrono::milliseconds limit) {
    auto& asked = node(to);
    auto exchange =
        std::make_shared<Node::Exchange>(from, asker, std::nullopt, false, runtime::AsyncEvent{clock});
    auto cut_off = !network.reaches(from, to);
    if (cut_off || !asked.is_serving()) {
        co_await runtime::sleep_for(clock, cut_off ? std::min<std::chrono::milliseconds>(limit, 1s) : 1ms);
        throw outbound::NotSent(to + (cut_off ? " can't be reached" : " is not there"));
    }
    asked.life()->after(network.delay(from, to),
                        [this, from, to, exchange, request = std::move(request)]() mutable {
                            auto& node = this->node(to);
                            if (!network.reaches(from, to)) return;
                            if (node.is_serving()) return node.serve(exchange, std::move(request));
                            exchange->asker->post([exchange] {
                                exchange->broken = true;
                                exchange->told.notify();
                            });
                        });
    runtime::Timeout timeout{clock, limit};
    while (!exchange->answer && !exchange->broken && !timeout.is_over())
        (void)co_await exchange->told.wait_until(timeout);
    if (!exchange->answer) throw outbound::NoAnswer("no answer from " + to);
    co_return std::move(*exchange->answer);
}

}  // namespace stagedoor::simulation
