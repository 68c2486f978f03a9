// The NATS server of this test program, and the options of buses that use it.
#pragma once

#include "common/bus/jetstream/bus.hpp"
#include "common/bus/tests/buses.hpp"
#include "fleet/nats_server.hpp"

namespace stagedoor::bus::testing {

// Started at the first call.
[[nodiscard]] fleet::NatsServer& nats_server();
// Restarts it without any data.
void empty_nats_server();

// With the entities of the services in these tests.
[[nodiscard]] JetStreamOptions jetstream_options();

// Throws unless that is so within 20 s.
void wait_until_connected(const Bus& bus, bool connected);

}  // namespace stagedoor::bus::testing
