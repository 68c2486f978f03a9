#include "common/bus/tests/jetstream.hpp"

#include "common/bus/node/bus.hpp"
#include "common/runtime/temporary_folder.hpp"
#include "fleet/polling.hpp"

namespace stagedoor::bus::testing {

using namespace std::chrono_literals;

void wait_until_connected(const Bus& bus, bool connected) {
    if (!fleet::becomes_true([&] { return bus.connected() == connected; }, 20s, 1ms))
        throw std::runtime_error(connected ? "the bus did not connect" : "the bus did not notice the outage");
}

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

namespace {

// Its outages are those of the NATS server.
TestedBus tested(std::unique_ptr<Bus> created, const runtime::Metrics& metrics) {
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
}

}  // namespace

BusKind jetstream() {
    auto make = [](runtime::Clock& clock) {
        static runtime::SystemRandom random;
        static runtime::Metrics metrics;
        return tested(std::make_unique<JetStreamBus>(jetstream_options(), clock, random, metrics), metrics);
    };
    return {"jetstream", make, empty_nats_server};
}

// With the services of bus_test.cpp.
BusKind node() {
    auto make = [](runtime::Clock& clock) {
        static runtime::SystemRandom random;
        static runtime::Metrics metrics;
        NodeBus::Connections connections;
        for (const auto* service : {"shop", "store", "both", "shop subscriber", "subscriber", "early", "late",
                                    "failing", "healthy"}) {
            auto options = jetstream_options();
            options.service = service;
            connections[service] = std::make_unique<JetStreamBus>(options, clock, random, metrics);
        }
        return tested(std::make_unique<NodeBus>(std::move(connections), clock, metrics), metrics);
    };
    return {"node", make, empty_nats_server, true};
}

}  // namespace stagedoor::bus::testing
