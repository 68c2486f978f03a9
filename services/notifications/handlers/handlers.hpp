// Event handlers. Each runs in the transaction of its event.
#pragma once

#include "common/sql/tx.hpp"
#include "contracts/events/admissions.hpp"
#include "contracts/events/auth.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/payments.hpp"
#include "contracts/events/tickets.hpp"

namespace stagedoor::notifications::handlers {

void user_registered(sql::Tx& tx, const contracts::UserRegistered& event);
void user_confirmed(sql::Tx& tx, const contracts::UserConfirmed& event);
void user_language_chosen(sql::Tx& tx, const contracts::UserLanguageChosen& event);
void link_issued(sql::Tx& tx, const contracts::LinkIssued& event);

void ticket_created(sql::Tx& tx, const contracts::TicketCreated& event);
void ticket_updated(sql::Tx& tx, const contracts::TicketUpdated& event);
void ticket_withdrawn(sql::Tx& tx, const contracts::TicketWithdrawn& event);
void ticket_cancelled(sql::Tx& tx, const contracts::TicketCancelled& event);

void order_completed(sql::Tx& tx, const contracts::OrderCompleted& event);
void order_cancelled(sql::Tx& tx, const contracts::OrderCancelled& event);
void order_voided(sql::Tx& tx, const contracts::OrderVoided& event);

void payment_refunded(sql::Tx& tx, const contracts::PaymentRefunded& event);

void transfer_offered(sql::Tx& tx, const contracts::TransferOffered& event);
void transfer_claimed(sql::Tx& tx, const contracts::TransferClaimed& event);
void transfer_revoked(sql::Tx& tx, const contracts::TransferRevoked& event);

}  // namespace stagedoor::notifications::handlers
