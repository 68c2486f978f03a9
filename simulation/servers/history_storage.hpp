// The folder of a service's old events: on the disk of its database's machine, and lost or torn with it.
#pragma once

#include <memory>

#include "common/history/storage.hpp"
#include "common/runtime/clock.hpp"
#include "simulation/world/disk.hpp"
#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

class Marketplace;

// As a replica reaches it. Fails while that machine is down or unreachable.
[[nodiscard]] std::unique_ptr<history::Storage> make_history_storage(Marketplace& marketplace,
                                                                     std::string machine,
                                                                     runtime::Clock& clock);

// The file as programs see it now; nullptr: there is none.
[[nodiscard]] const std::string* find_history_file(Marketplace& marketplace, const std::string& name);

}  // namespace stagedoor::simulation
