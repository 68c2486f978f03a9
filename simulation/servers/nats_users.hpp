// The users of the NATS server, with the permissions that real servers are given.
#pragma once

#include <vector>

#include "common/bus/jetstream/permissions.hpp"

namespace stagedoor::simulation {

// As the generated users.conf has them.
[[nodiscard]] const std::vector<bus::NatsUser>& nats_users();
[[nodiscard]] const bus::NatsUser& nats_user(const std::string& name);

}  // namespace stagedoor::simulation
