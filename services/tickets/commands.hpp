// Operator commands of tickets.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/service/program.hpp"

namespace stagedoor::tickets {

// The user with that id or email address; nullopt if there is none.
using FindSeller = std::function<Task<std::optional<UserId>>(Host& host, const std::string& id_or_email)>;

// `import SELLER FILE`: lists what is in a CSV or JSON Lines file for a seller. tickets does not know users:
// the program that has auth's, too, gives it `find_seller`; without it, SELLER is an id.
[[nodiscard]] Command import_command(FindSeller find_seller = {});

}  // namespace stagedoor::tickets
