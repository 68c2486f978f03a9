// Events whose sellers changed what buyers count on, and the buyers to email. (Table moves, an old name.)
#pragma once

#include <cstdint>

#include "common/sql/tx.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/tickets.hpp"

namespace stagedoor::notifications::store {

// Database::listen to this channel to be notified of changed events.
inline constexpr std::string_view moves_channel = "event moved";

// Updates the projection of a listing. If its offer changed and the event isn't over, records that; the
// buyers are then emailed by queue_moved_emails().
void save_changed_listing(sql::Tx& tx, const contracts::Listing& listing);

// Records who paid for which tickets. A buyer who ordered before a change, but whose order arrives
// here only now, is emailed at once.
void add_purchases(sql::Tx& tx, const contracts::OrderState& order);
void void_purchase(sql::Tx& tx, const contracts::OrderState& order, const TicketId& ticket);

// Queues the email to at most `max` buyers of one moved event; false if there is nothing to do.
[[nodiscard]] bool queue_moved_emails(sql::Tx& tx, std::int64_t max);

// Reads the purchases in at most `max` emails from before there was a table of them; false once that is done,
// or while another replica does it.
[[nodiscard]] bool backfill_purchases(sql::Tx& tx, std::int64_t max);

}  // namespace stagedoor::notifications::store
