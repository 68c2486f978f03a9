// What pages are made of, parsed once for all replicas: 10 ms of a run for each start of a replica of client.
#pragma once

#include <memory>

#include "services/client/theme.hpp"

namespace stagedoor::simulation {

[[nodiscard]] std::shared_ptr<const client::Theme> theme();

}  // namespace stagedoor::simulation
