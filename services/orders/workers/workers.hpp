// What orders does by itself, in the background.
#pragma once

#include "services/orders/app.hpp"

namespace stagedoor::orders::workers {

// Sees to the orders of listings that were called off, some at a time. Any number of copies may do so at once.
Task<> call_off(App& app, StopSignal& stopping);

}  // namespace stagedoor::orders::workers
