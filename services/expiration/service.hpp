// expiration: publishes expiration.complete once an order's hold has expired. It only tidies up: orders
// decides what happens to the order.
#pragma once

#include "common/service/deps.hpp"

namespace stagedoor::expiration {

[[nodiscard]] Service make_service(ServiceDeps deps);

}  // namespace stagedoor::expiration
