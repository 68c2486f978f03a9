// What an operator runs beside auth.
#pragma once

#include "common/service/program.hpp"

namespace stagedoor::auth {

// `grant EMAIL ROLE`: how the first admin is made.
[[nodiscard]] Command grant_command();

}  // namespace stagedoor::auth
