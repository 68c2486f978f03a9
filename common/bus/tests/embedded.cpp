#include "common/bus/embedded/bus.hpp"
#include "common/bus/tests/buses.hpp"

namespace stagedoor::bus::testing {

BusKind embedded() {
    return {"embedded", [](runtime::Clock& clock) -> TestedBus {
                static runtime::Metrics metrics;
                auto created = std::make_unique<EmbeddedBus>(clock, metrics);
                auto* bus = created.get();
                return {std::move(created), [bus] { bus->pause(); }, [bus] { bus->resume(); }, &metrics};
            }};
}

}  // namespace stagedoor::bus::testing
