// Operator commands of auth: about one user, and about keys that may be stolen.
#pragma once

#include <vector>

#include "common/service/program.hpp"

namespace stagedoor::auth {

// `grant EMAIL ROLE`, which is how the first admin is created, `revoke EMAIL ROLE`, `disable EMAIL`,
// `enable EMAIL`, `end-sessions EMAIL` and `retire-key ID`.
[[nodiscard]] std::vector<Command> commands();

}  // namespace stagedoor::auth
