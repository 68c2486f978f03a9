// orders: which buyer holds which tickets, and until when. Owns the stock: capacity, held, sold per ticket.
#pragma once

#include "common/service/deps.hpp"

namespace stagedoor::orders {

[[nodiscard]] Service make_service(ServiceDeps deps);

}  // namespace stagedoor::orders
