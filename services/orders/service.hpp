// orders: who holds which tickets until when. Owns the stock: capacity, held and sold of every ticket.
#pragma once

#include "common/service/service.hpp"

namespace stagedoor::orders {

[[nodiscard]] Service make_service(ServiceDeps deps);

}  // namespace stagedoor::orders
