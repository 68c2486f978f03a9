// Background workers.
#pragma once

#include "services/notifications/app.hpp"

namespace stagedoor::notifications::workers {

// Sends due emails, at most `max_emails` more. Any number of replicas may do so at once: each email is leased
// to one of them.
Task<std::optional<Instant>> claim_emails(App& app, int max_emails);
// Keeps the leases of the emails that this replica is delivering: a slow server may take longer.
Task<std::optional<Instant>> extend_leases(App& app);

// Queues the emails to the buyers of moved events.
Task<std::optional<Instant>> email_moves(App& app);

// Removes the content of old emails.
Task<std::optional<Instant>> remove_old_emails(App& app);

}  // namespace stagedoor::notifications::workers
