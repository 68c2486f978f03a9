// payments: payment attempts for orders, their refunds, and the ledger of both.
#pragma once

#include "common/service/deps.hpp"
#include "services/payments/providers/provider.hpp"

namespace stagedoor::payments {

// With the provider that the settings name.
[[nodiscard]] Service make_service(ServiceDeps deps);

[[nodiscard]] Service make_service_with(ServiceDeps deps, std::unique_ptr<Provider> provider);

}  // namespace stagedoor::payments
