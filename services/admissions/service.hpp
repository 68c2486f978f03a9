// admissions: the passes that were issued for paid orders, who holds them, and who has been admitted.
#pragma once

#include "common/service/deps.hpp"

namespace stagedoor::admissions {

[[nodiscard]] Service make_service(ServiceDeps deps);

}  // namespace stagedoor::admissions
