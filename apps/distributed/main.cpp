// `./run distributed`: PostgreSQL, NATS, nginx and two replicas of every service, or some nodes with all
// services, on this machine, until Ctrl-C.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>

#include "apps/demo/demo.hpp"
#include "common/bus/jetstream/permissions.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/version.hpp"
#include "common/service/data_folder.hpp"
#include "common/service/listen_url.hpp"
#include "common/service/remote_client.hpp"
#include "common/service/startup_error.hpp"
#include "fleet/fleet.hpp"
#include "fleet/polling.hpp"

namespace stagedoor {
namespace {

using namespace std::chrono_literals;
using fleet::Fleet;

struct Options {
    std::string data = "data-distributed";
    std::uint16_t port = 8080;
    int replicas = 2;
    int nodes = 0;  // 0: a process per service
    bool nats_cluster = false;
    bool tls = false;
};

void print_state(const std::string& part, const std::string& state) {
    std::cout << fmt::format("  {:<18} {}", part, state) << std::endl;
}

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

// Waits for SIGINT or SIGTERM, for at most `limit`; whether one came.
bool stop_requested(std::chrono::milliseconds limit) {
    auto signals = stop_signals();
    auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
    timespec wait{.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds{limit - seconds}.count()};
    return ::sigtimedwait(&signals, nullptr, &wait) > 0;
}

void fill_with_samples(Fleet& fleet, const std::string& folder) {
    runtime::EventLoopThread loop;
    auto clock = runtime::make_system_clock(loop.executor());
    auto identity = fleet.identity().value_or(fleet::Identity{});
    auto transport = outbound::make_transport({.ca_file = identity.ca_file,
                                               .certificate_file = identity.own.certificate,
                                               .key_file = identity.own.key});
    runtime::Metrics metrics;
    ServiceAddresses addresses;
    for (const auto& service : service_names()) {
        for (auto* replica : fleet.replicas_of(service)) addresses[service].push_back(replica->url());
    }
    RemoteClient client{addresses, *transport, *clock, metrics};
    loop.wait_for(demo::fill(client, clock->now(), folder));
    transport->close();
}

// Restarts ended replicas, within a second, until a stop is requested.
void restart_ended_replicas(Fleet& fleet) {
    while (!stop_requested(1s)) {
        for (auto& replica : fleet.replicas()) {
            if (replica->runs()) continue;
            print_state(replica->name(), "ended; restarting it (its log: " + replica->log().string() + ")");
            replica->launch();
        }
    }
}

// Services inherit variables such as STAGEDOOR_HOLD_SECONDS and SMTP_URL from our environment.
fleet::Variables environment_of_services(const std::string& url) {
    fleet::Variables all{
        {"STAGEDOOR_MAIL_PAGE", "on"}, {"STAGEDOOR_SAMPLE_LOGIN", "on"}, {"STAGEDOOR_PUBLIC_URL", url}};
    for (auto** each = environ; *each; ++each) {
        std::string_view variable{*each};
        auto end = variable.find('=');
        auto is_for_services = variable.starts_with("STAGEDOOR_") || variable.starts_with("SMTP_") ||
                               variable.starts_with("STRIPE_");
        if (is_for_services && end != std::string_view::npos)
            all.insert_or_assign(std::string{variable.substr(0, end)}, std::string{variable.substr(end + 1)});
    }
    return all;
}

// The folder, and a lock on it while this program runs.
std::unique_ptr<DataFolder> open_data_folder(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);  // so that the user postgres may enter it
    if (error)
        throw StartupError("can't create the data folder " + path + ": " + error.message() +
                           "; choose another folder with --data");
    return std::make_unique<DataFolder>(path);
}

int run(const Options& options) {
    auto port = options.port ? options.port : fleet::free_port();
    fleet::require_free(port);  // before anything is started or written
    auto data = open_data_folder(options.data);
    auto url = listen_url("127.0.0.1", port);
    Fleet fleet{{.folder = options.data,
                 .programs = std::filesystem::canonical("/proc/self/exe").parent_path(),
                 .port = port,
                 .nats_cluster = options.nats_cluster,
                 .nats_syncs = !options.nats_cluster,  // where other servers have every message, too
                 .tls = options.tls,
                 .layout = options.nodes > 0 ? fleet::Layout::nodes : fleet::Layout::process_per_service,
                 .replicas = options.nodes > 0 ? options.nodes : options.replicas,
                 .environment = environment_of_services(url)}};
    std::cout << "Stagedoor, distributed; all data is in " << options.data << std::endl;
    fleet.start_servers(print_state);
    fleet.launch_services();
    fleet.await_ready(60s, print_state);
    fill_with_samples(fleet, options.data);
    print_state("for subscribers", "NATS_URL=" + fleet.nats_url(std::string{bus::listener_user}));
    if (auto identity = fleet.identity()) print_state("", "NATS_CA_FILE=" + identity->ca_file);
    std::cout << "ready at " << url << "  (emails: " << url << "/dev/mails, stop with Ctrl-C)" << std::endl;
    auto signals = stop_signals();  // until now, Ctrl-C ended this process and its children at once
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    restart_ended_replicas(fleet);
    std::cout << "draining …" << std::endl;
    auto exit_code = fleet.stop_services(20s);
    fleet.stop_servers();
    std::cout << "stopped" << std::endl;
    return exit_code;
}

}  // namespace
}  // namespace stagedoor

int main(int argc, char** argv) {
    stagedoor::Options options;
    CLI::App app{
        "Runs Stagedoor as separate services, or as nodes that hold all of them, on this machine, with its "
        "own PostgreSQL, NATS JetStream and nginx"};
    app.add_option("--port", options.port, "port of the gateway (default 8080); 0 for any free one");
    app.add_option("--data", options.data, "folder of all data (default data-distributed)");
    auto* copies = app.add_option("--copies", options.replicas, "replicas of each service (default 2)")
                       ->check(CLI::Range(1, 8));
    app.add_option("--nodes", options.nodes, "this many nodes, each with all services, instead")
        ->check(CLI::Range(1, 8))
        ->excludes(copies);
    app.add_flag("--nats-cluster", options.nats_cluster, "three NATS servers that replicate their streams");
    app.add_flag("--tls", options.tls,
                 "encrypt what nginx, the services and NATS send each other, with certificates made for it");
    app.set_version_flag("--version", "stagedoor-distributed " + std::string{stagedoor::runtime::version()});
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);
        std::cerr << "stagedoor-distributed: " << error.what() << "; see --help" << std::endl;
        return 2;
    }
    try {
        return stagedoor::run(options);
    } catch (const std::exception& error) {
        std::cerr << "stagedoor-distributed: " << error.what() << std::endl;
        return 1;
    }
}
