// The buses that the contract in bus_test.cpp is held against. A new one adds itself to buses().
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

// A bus, and the ways to take it away for a while.
struct TestedBus {
    std::unique_ptr<Bus> bus;
    std::function<void()> pause, resume;
    const runtime::Metrics* metrics = nullptr;       // where it counts
    std::function<void()> wait_until_there = [] {};  // once it was started
};

struct BusKind {
    std::string name;
    std::function<TestedBus(runtime::Clock&)> make;
    std::function<void()> forget = [] {};  // what other tests told
};

inline void PrintTo(const BusKind& kind, std::ostream* out) { *out << kind.name; }

[[nodiscard]] BusKind embedded();
[[nodiscard]] BusKind jetstream();

inline std::vector<BusKind> buses() { return {embedded(), jetstream()}; }

}  // namespace stagedoor::bus::testing
