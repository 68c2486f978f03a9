// `stagedoor grant EMAIL ROLE`: how the first admin is made.
#pragma once

#include "common/service/program.hpp"

namespace stagedoor {

[[nodiscard]] Command grant_command();

}  // namespace stagedoor
