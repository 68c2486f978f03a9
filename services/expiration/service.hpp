// expiration: tells when an order's time to pay is over. Only tidies up and tells; what it means, orders
// decides.
#pragma once

#include "common/service/service.hpp"

namespace stagedoor::expiration {

[[nodiscard]] Service make_service(ServiceDeps deps);

}  // namespace stagedoor::expiration
