// Behind `./run distributed`: PostgreSQL, NATS, nginx and two copies of every service on this machine, until Ctrl-C.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>

#include "apps/demo/demo.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "common/service/remote_client.hpp"
#include "fleet/fleet.hpp"
#include "fleet/waiting.hpp"

namespace stagedoor {
namespace {

using namespace std::chrono_literals;
using fleet::Fleet;

struct Wishes {
    std::string data = "data-distributed";
    std::uint16_t port = 8080;
    int copies = 2;
    bool nats_cluster = false;
};

void say(const std::string& part, const std::string& state) {
    std::cout << fmt::format("  {:<18} {}", part, state) << std::endl;
}

sigset_t end_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

// Whether the operator wants the end; waits for that at most so long.
bool wants_end(std::chrono::milliseconds limit) {
    auto signals = end_signals();
    auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
    timespec wait{.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds{limit - seconds}.count()};
    return ::sigtimedwait(&signals, nullptr, &wait) > 0;
}

void fill_with_samples(Fleet& fleet, const std::string& folder) {
    runtime::EventLoopThread loop;
    auto clock = runtime::make_system_clock(loop.executor());
    auto transport = outbound::make_transport();
    runtime::Metrics metrics;
    ServiceAddresses addresses;
    for (auto& copy : fleet.copies()) addresses[copy->service()].push_back(copy->url());
    RemoteClient client{addresses, *transport, *clock, metrics};
    loop.wait_for(demo::fill(client, clock->now(), folder));
    transport->close();
}

// A copy that ended by itself is started again, a second later.
void look_after(Fleet& fleet) {
    while (!wants_end(1s)) {
        for (auto& copy : fleet.copies()) {
            if (copy->runs()) continue;
            say(copy->name(), "ended; starts again (its log: " + copy->log().string() + ")");
            copy->launch();
        }
    }
}

// What is set in our environment holds for every service: STAGEDOOR_HOLD_SECONDS, SMTP_URL …
fleet::Variables environment_of_services(const std::string& url) {
    fleet::Variables all{{"STAGEDOOR_MAIL_PAGE", "on"}, {"STAGEDOOR_PUBLIC_URL", url}};
    for (auto** each = environ; *each; ++each) {
        std::string_view variable{*each};
        auto end = variable.find('=');
        auto is_theirs = variable.starts_with("STAGEDOOR_") || variable.starts_with("SMTP_") ||
                         variable.starts_with("STRIPE_");
        if (is_theirs && end != std::string_view::npos)
            all.insert_or_assign(std::string{variable.substr(0, end)}, std::string{variable.substr(end + 1)});
    }
    return all;
}

int run(const Wishes& wishes) {
    auto url = "http://localhost:" + std::to_string(wishes.port);
    Fleet fleet{{.folder = wishes.data,
                 .programs = std::filesystem::canonical("/proc/self/exe").parent_path(),
                 .port = wishes.port,
                 .nats_cluster = wishes.nats_cluster,
                 .copies = wishes.copies,
                 .environment = environment_of_services(url)}};
    std::cout << "Stagedoor, distributed; everything is in " << wishes.data << std::endl;
    fleet.start_servers(say);
    fleet.launch_services();
    fleet.await_ready(60s, say);
    fill_with_samples(fleet, wishes.data);
    say("for listeners", "NATS_URL=" + fleet.nats_url());
    std::cout << "ready at " << url << "  (mails are shown at " << url << "/dev/mails, Ctrl-C ends it)"
              << std::endl;
    auto signals = end_signals();  // until now Ctrl-C ended us at once, and what we had started with us
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    look_after(fleet);
    std::cout << "drains …" << std::endl;
    auto worst = fleet.stop_services(20s);
    fleet.stop_servers();
    std::cout << "everything has ended" << std::endl;
    return worst;
}

}  // namespace
}  // namespace stagedoor

int main(int argc, char** argv) {
    stagedoor::Wishes wishes;
    CLI::App app{
        "Stagedoor as separate services on this machine: PostgreSQL, NATS JetStream and nginx of its own"};
    app.add_option("--port", wishes.port, "port of the gateway (default 8080)");
    app.add_option("--data", wishes.data, "folder of everything (default data-distributed)");
    app.add_option("--copies", wishes.copies, "copies of each service (default 2)")->check(CLI::Range(1, 8));
    app.add_flag("--nats-cluster", wishes.nats_cluster, "three NATS servers that replicate their streams");
    CLI11_PARSE(app, argc, argv);
    try {
        return stagedoor::run(wishes);
    } catch (const std::exception& error) {
        std::cerr << "stagedoor-distributed: " << error.what() << std::endl;
        return 1;
    }
}
