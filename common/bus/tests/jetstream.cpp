#include "common/bus/tests/jetstream.hpp"

#include "common/runtime/temporary_folder.hpp"
#include "fleet/polling.hpp"

namespace stagedoor::bus::testing {
namespace {

using namespace std::chrono_literals;

void wait_until_connected(const Bus& bus, bool connected) {
    if (!fleet::becomes_true([&] { return bus.connected() == connected; }, 20s, 1ms))
        throw std::runtime_error(connected ? "the bus did not connect" : "the bus did not notice the outage");
}

}  // namespace

fleet::NatsServer& nats_server() {
    static runtime::TemporaryFolder folder;
    static fleet::NatsServer server{folder.path()};
    if (!server.runs()) server.start();
    return server;
}

void empty_nats_server() {
    auto& server = nats_server();
    server.kill();
    server.wipe();
    server.start();
}

JetStreamOptions jetstream_options() {
    JetStreamOptions options;
    options.servers = nats_server().url();
    options.ack_wait = 3s;
    options.entities = {{"shop", {"cart", "move"}}, {"store", {"shelf"}}};
    return options;
}

BusKind jetstream() {
    auto make = [](runtime::Clock& clock) -> TestedBus {
        static runtime::SystemRandom random;
        static runtime::Metrics metrics;
        auto created = std::make_unique<JetStreamBus>(jetstream_options(), clock, random, metrics);
        auto* bus = created.get();
        auto pause = [bus] {
            nats_server().kill();
            wait_until_connected(*bus, false);
        };
        auto resume = [bus] {
            nats_server().start();
            wait_until_connected(*bus, true);
        };
        return {std::move(created), pause, resume, &metrics, [bus] { wait_until_connected(*bus, true); }};
    };
    return {"jetstream", make, empty_nats_server};
}

}  // namespace stagedoor::bus::testing
