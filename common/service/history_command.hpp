// The operators' command for old events: `history verify`, `history list`.
#pragma once

#include "common/service/program.hpp"

namespace stagedoor {

[[nodiscard]] Command history_command();

}  // namespace stagedoor
