// The gate: decides at the venue what admissions decides in the shop, with or without a connection to it.
// docs/gate.md says how to use one.
#pragma once

#include "common/service/program.hpp"

namespace stagedoor::gate {

[[nodiscard]] Service make_service(ServiceDeps deps);
// `stagedoor gate`.
[[nodiscard]] OtherProgram program();

}  // namespace stagedoor::gate
