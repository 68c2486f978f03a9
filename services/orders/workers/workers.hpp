// The background workers of orders.
#pragma once

#include "services/orders/app.hpp"

namespace stagedoor::orders::workers {

// Processes the orders of cancelled listings, in batches. Several replicas may run it at once. Returns when
// to run it next; nullopt if nothing is left to process.
Task<std::optional<Instant>> process_cancelled_listings(App& app);

}  // namespace stagedoor::orders::workers
