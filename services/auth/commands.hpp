// Operator commands of auth.
#pragma once

#include "common/service/program.hpp"

namespace stagedoor::auth {

// `grant EMAIL ROLE` gives a user a role. This is how the first admin is created.
[[nodiscard]] Command grant_command();

}  // namespace stagedoor::auth
