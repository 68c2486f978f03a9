// A NATS server for the tests of this program, and buses on it.
#pragma once

#include "common/bus/jetstream/bus.hpp"
#include "common/bus/tests/buses.hpp"
#include "fleet/nats_server.hpp"

namespace stagedoor::bus::testing {

// Started at the first call.
[[nodiscard]] fleet::NatsServer& nats_server();
// It runs, and holds nothing.
void empty_nats_server();

// What the services of these tests tell of.
[[nodiscard]] JetStreamOptions jetstream_options();

}  // namespace stagedoor::bus::testing
