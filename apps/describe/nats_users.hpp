// The users of the NATS servers and what each may do, as an include for the servers' configuration.
#pragma once

#include <string>

namespace stagedoor::describe {

inline constexpr const char* nats_users_file = "deploy/kubernetes/components/nats-users/users.conf";

// The content of that file, generated from the events that services publish and subscribe to.
[[nodiscard]] std::string nats_users();

}  // namespace stagedoor::describe
