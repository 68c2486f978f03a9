#pragma once

#include "common/service/service.hpp"

namespace stagedoor::client {

// The pages that people see. It has no data of its own: it asks the other services, as any client of theirs
// could.
[[nodiscard]] Service make_service(ServiceDeps deps);

}  // namespace stagedoor::client
