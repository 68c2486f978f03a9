// The event handlers of admissions, each defined in the file named after its entity.
#pragma once

#include "common/messaging/inbox.hpp"
#include "common/sql/tx.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/tickets.hpp"
#include "services/admissions/app.hpp"

namespace stagedoor::admissions::handlers {

void ticket_created(sql::Tx& tx, const contracts::TicketCreated& event);
void ticket_updated(sql::Tx& tx, const contracts::TicketUpdated& event);
void ticket_withdrawn(sql::Tx& tx, const contracts::TicketWithdrawn& event);
void ticket_cancelled(sql::Tx& tx, const contracts::TicketCancelled& event);
void orders_completed(App& app, sql::Tx& tx, messaging::Batch<contracts::OrderCompleted> events);
void order_voided(sql::Tx& tx, const contracts::OrderVoided& event);
void returns_closed(sql::Tx& tx, const contracts::ReturnsClosed& event);

}  // namespace stagedoor::admissions::handlers
