// Operator commands of auth: about one user, and about keys that may be stolen.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/service/program.hpp"

namespace stagedoor::auth {

// The user with that id or email address; nullopt if there is none.
[[nodiscard]] Task<std::optional<UserId>> find_user(Host& host, const std::string& id_or_email);

// `user EMAIL`, `grant EMAIL ROLE`, which is how the first admin is created, `revoke EMAIL ROLE`,
// `disable EMAIL`, `enable EMAIL`, `end-sessions EMAIL` and `retire-key ID`.
[[nodiscard]] std::vector<Command> commands();

}  // namespace stagedoor::auth
