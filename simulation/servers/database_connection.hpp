// A replica's connections to its service's database server, over the simulated network.
#pragma once

#include <memory>
#include <string>

#include "common/sql/database.hpp"
#include "simulation/servers/database_server.hpp"

namespace stagedoor::simulation {

// Throws DatabaseError when the server is down or unreachable.
[[nodiscard]] std::unique_ptr<sql::Database> connect(DatabaseServer& server, std::shared_ptr<Process> process,
                                                     const std::string& machine, runtime::Clock& clock);

}  // namespace stagedoor::simulation
