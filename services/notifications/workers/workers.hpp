// Background workers.
#pragma once

#include "services/notifications/app.hpp"

namespace stagedoor::notifications::workers {

// Sends due emails. Any number of replicas may do so at once: each email is leased to one of them.
Task<std::optional<Instant>> deliver_emails(App& app);

// Queues the emails to the buyers of moved events.
Task<std::optional<Instant>> email_moves(App& app);

}  // namespace stagedoor::notifications::workers
