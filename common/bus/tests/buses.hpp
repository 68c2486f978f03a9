// The buses that bus_test.cpp tests. A new one must be added to buses().
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "common/bus/bus.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/metrics.hpp"

namespace stagedoor::bus::testing {

// A bus, and functions that make it unavailable and available again.
struct TestedBus {
    std::unique_ptr<Bus> bus;
    std::function<void()> pause, resume;
    const runtime::Metrics* metrics = nullptr;           // of the bus
    std::function<void()> wait_until_connected = [] {};  // to be called after start()
};

struct BusKind {
    std::string name;
    std::function<TestedBus(runtime::Clock&)> make;
    std::function<void()> reset = [] {};  // removes the events of other tests
    bool delivers_while_down = false;     // to subscribers in the same process
};

inline void PrintTo(const BusKind& kind, std::ostream* out) { *out << kind.name; }

[[nodiscard]] BusKind embedded();
[[nodiscard]] BusKind jetstream();
[[nodiscard]] BusKind node();  // over JetStream

inline std::vector<BusKind> buses() { return {embedded(), jetstream(), node()}; }

}  // namespace stagedoor::bus::testing
