#include "simulation/servers/replica.hpp"

#include <fmt/format.h>

#include "common/bus/jetstream/bus.hpp"
#include "common/bus/node/bus.hpp"
#include "common/http/routing/problem.hpp"
#include "common/service/cell_client.hpp"
#include "simulation/servers/database_connection.hpp"
#include "simulation/servers/history_storage.hpp"
#include "simulation/servers/marketplace.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

// Short, so that most events move to segments while customers are still there.
constexpr outbox::ArchiveOptions archive_options{.age = 6s, .max_events = 12};
constexpr auto archive_interval = 2s;

// Outgoing HTTP requests and emails of a replica.
class SimulatedTransport final : public outbound::Transport {
  public:
    SimulatedTransport(Marketplace& marketplace, std::shared_ptr<Process> process, std::string machine,
                       runtime::Clock& clock)
        : marketplace_(marketplace),
          process_(std::move(process)),
          machine_(std::move(machine)),
          clock_(clock) {}

    // The URL is "http://MACHINE".
    Task<http::Response> send(http::Request request, outbound::SendOptions options) override {
        constexpr std::size_t scheme = 7;
        http::Request arriving{
            .method = request.method, .headers = std::move(request.headers), .body = std::move(request.body)};
        (void)arriving.set_target(request.target);
        arriving.remote_address = arriving.headers["X-Forwarded-For"];
        arriving.request_id = arriving.headers["X-Request-Id"];
        co_return co_await marketplace_.send(process_, clock_, machine_, options.url.substr(scheme),
                                             std::move(arriving), options.timeout);
    }

    Task<std::string> deliver(outbound::SmtpServer /*server*/, outbound::Email email) override {
        co_await marketplace_.mail.accept(clock_, machine_, std::move(email));
        co_return "250 2.0.0 accepted";
    }

    void close() override {}

  private:
    Marketplace& marketplace_;
    const std::shared_ptr<Process> process_;
    const std::string machine_;
    runtime::Clock& clock_;
};

}  // namespace

struct Replica::Running {
    Running(Marketplace& marketplace, const Replica& replica)
        : process(marketplace.world.start_process(replica.machine_)),
          clock(process),
          random(marketplace.world.new_seed()),
          executor(ProcessExecutor{process, marketplace.context}),
          transport(marketplace, process, replica.machine_, clock),
          history(make_history_storage(marketplace, replica.machine_, clock)),
          renderer(make_renderer(clock)) {
        clock.set_skew(replica.skew_);
        process->set_step_time(marketplace.site.capacity.step);
        auto connection = [&](const std::string& service) {
            bus::JetStreamOptions options;
            options.service = service;
            options.max_batch = marketplace.max_batch;
            options.keys = marketplace.event_keys;
            return std::make_unique<bus::JetStreamBus>(
                std::move(options), clock, metrics,
                connect(marketplace.nats, process, replica.machine_, clock, service));
        };
        if (replica.services_.size() > 1) {
            bus::NodeBus::Connections connections;
            for (const auto& service : replica.services()) connections[service] = connection(service);
            bus = std::make_unique<bus::NodeBus>(std::move(connections), clock, metrics);
            return;
        }
        bus = connection(replica.services().front());
        if (!replica.has("client")) return;
        const auto& program = marketplace.settings.program;
        if (program.cells.empty())
            services = std::make_unique<RemoteClient>(program.services, transport, clock, metrics);
        else
            services =
                std::make_unique<CellClient>(program.services, program.cells, transport, clock, metrics);
    }

    std::shared_ptr<Process> process;
    ProcessClock clock;
    runtime::SeededRandom random;
    runtime::Metrics metrics;
    runtime::Executor executor;
    SimulatedTransport transport;
    std::unique_ptr<history::Storage> history;
    std::unique_ptr<pictures::Renderer> renderer;
    std::unique_ptr<bus::Bus> bus;
    std::unique_ptr<ServiceClient> services;
    std::unique_ptr<Host> host;
};

Replica::Replica(Marketplace& marketplace, std::vector<NamedService> services, std::string machine)
    : marketplace_(marketplace), services_(std::move(services)), machine_(std::move(machine)) {}

bool Replica::has(const std::string& service) const {
    return std::ranges::find(services_, service, &NamedService::name) != services_.end();
}

std::vector<std::string> Replica::services() const {
    std::vector<std::string> names;
    for (const auto& service : services_) names.push_back(service.name);
    return names;
}

const std::shared_ptr<Process>& Replica::process() const { return running_->process; }

void Replica::set_clock_skew(std::chrono::milliseconds skew) {
    skew_ = skew;
    if (running_) running_->clock.set_skew(skew);
}

void Replica::start() {
    if (running_) return;
    stays_down_ = false;
    running_ = new Running{marketplace_, *this};
    auto open = [this](const std::string&, const std::string& name) {
        return connect(marketplace_.database(name), running_->process, machine_, running_->clock);
    };
    HostParts parts{running_->clock,
                    running_->random,
                    running_->metrics,
                    *running_->bus,
                    running_->executor,
                    marketplace_.settings,
                    open,
                    running_->transport,
                    running_->services.get(),
                    running_->history.get(),
                    archive_options,
                    archive_interval};
    if (marketplace_.site.has_pictures) {
        parts.renderer = running_->renderer.get();
        parts.open_pictures = [this, &clock = running_->clock](const std::string& /*folder*/) {
            return marketplace_.pictures.connect(machine_, clock);
        };
    }
    try {
        running_->host = std::make_unique<Host>(std::move(parts), services_);
    } catch (const std::runtime_error& error) {  // its supervisor retries
        marketplace_.world.note(machine_, fmt::format("fails to start: {}", error.what()));
        return kill_and_restart();
    }
    marketplace_.world.note(machine_, "starts");
    boost::asio::co_spawn(running_->executor, run(*running_),
                          [this, process = running_->process](std::exception_ptr failure) {
                              if (failure && process->is_alive()) kill_and_restart();
                          });
}

Task<> Replica::run(Running& running) {
    co_await running.host->start();
    (void)co_await running.host->wait_until_ready([] { return false; });
    serving_ = true;
    marketplace_.world.note(machine_, "serves");
}

// Closes the connections of all live streams.
void Replica::end_streams(http::BodyStream::End why) {
    for (const auto& each : std::exchange(streams_, {})) {
        if (auto stream = each.lock()) stream->close(why);
    }
}

void Replica::kill_process() {
    if (!running_) return;
    end_streams(http::BodyStream::End::left);
    running_->process->kill();
    marketplace_.pictures.writer_crashed(machine_);
    running_ = nullptr;
    serving_ = stopping_ = false;
    for (const auto& each : std::exchange(in_flight_, {})) {  // its machine resets their connections
        each->client->after(marketplace_.network.delay(machine_, each->from), [each] {
            each->broken = true;
            each->changed.notify();
        });
    }
}

void Replica::kill_and_restart() {
    kill_process();
    auto supervisor = marketplace_.world.start_process("supervisor");
    supervisor->after(marketplace_.world.between(200ms, 3s), [this] {
        if (!stays_down_) start();
    });
}

void Replica::crash() {
    if (!running_) return;
    marketplace_.world.note(machine_, "is killed");
    kill_and_restart();
}

void Replica::kill() {
    stays_down_ = true;
    marketplace_.world.note(machine_, "is killed");
    kill_process();
}

void Replica::restart() {
    if (!is_serving() || stopping_) return;
    stopping_ = true;
    marketplace_.world.note(machine_, "is asked to stop");
    boost::asio::co_spawn(running_->executor, stop(*running_),
                          [this, process = running_->process](std::exception_ptr) {
                              if (process->is_alive()) kill_and_restart();
                          });
}

// Drains as a program does on SIGTERM: requests in flight finish first.
Task<> Replica::stop(Running& running) {
    running.host->set_draining();
    serving_ = false;
    end_streams(http::BodyStream::End::drained);
    while (!in_flight_.empty()) co_await runtime::sleep_for(running.clock, 10ms);
    co_await running.host->stop();
    running.host->close();
    marketplace_.world.note(machine_, "has stopped");
}

void Replica::serve(const std::shared_ptr<Exchange>& exchange, http::Request request) {
    in_flight_.push_back(exchange);
    boost::asio::co_spawn(running_->executor, respond(*running_, exchange, std::move(request)),
                          boost::asio::detached);
}

Task<> Replica::respond(Running& running, std::shared_ptr<Exchange> exchange, http::Request request) {
    std::exception_ptr thrown;
    http::Response response;
    try {
        response = co_await running.host->handle(request);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown) response = http::problem(thrown, request);
    std::erase(in_flight_, exchange);
    if (response.stream) {
        std::erase_if(streams_, [](const auto& each) { return each.expired(); });
        streams_.push_back(response.stream);
    }
    auto& network = marketplace_.network;
    exchange->client->after(
        network.delay(machine_, exchange->from),
        [&network, machine = machine_, exchange, response = std::move(response)]() mutable {
            if (!network.reaches(machine, exchange->from)) return;
            exchange->response = std::move(response);
            exchange->changed.notify();
        });
}

}  // namespace stagedoor::simulation
