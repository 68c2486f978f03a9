// The event handlers of orders.
#pragma once

#include "common/messaging/inbox.hpp"
#include "common/sql/tx.hpp"
#include "contracts/events/admissions.hpp"
#include "contracts/events/expiration.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/payments.hpp"
#include "contracts/events/tickets.hpp"

namespace stagedoor::orders::handlers {

void ticket_created(sql::Tx& tx, const contracts::TicketCreated& event);
void ticket_updated(sql::Tx& tx, const contracts::TicketUpdated& event);
void ticket_withdrawn(sql::Tx& tx, const contracts::TicketWithdrawn& event);
void ticket_cancelled(sql::Tx& tx, const contracts::TicketCancelled& event);
void payments_started(sql::Tx& tx, messaging::Batch<contracts::PaymentStarted> events);
void payments_created(sql::Tx& tx, messaging::Batch<contracts::PaymentCreated> events);
void payment_failed(sql::Tx& tx, const contracts::PaymentFailed& event);
void expiration_complete(sql::Tx& tx, const contracts::ExpirationComplete& event);
void doors_opened(sql::Tx& tx, const contracts::DoorsOpened& event);

}  // namespace stagedoor::orders::handlers
