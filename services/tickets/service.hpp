// tickets: what is for sale. Owns the description of each listing and how many its seller wants to sell.
#pragma once

#include "common/service/service.hpp"

namespace stagedoor::tickets {

[[nodiscard]] Service make_service(ServiceDeps deps);

}  // namespace stagedoor::tickets
