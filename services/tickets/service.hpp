// tickets: what is for sale. Owns each listing's description and the quantity that its seller wants to sell.
#pragma once

#include "common/service/deps.hpp"

namespace stagedoor::tickets {

[[nodiscard]] Service make_service(ServiceDeps deps);

}  // namespace stagedoor::tickets
