// The list of all events, from which the bus's streams, AsyncAPI and the tests of the golden samples are
// derived.
#pragma once

#include <boost/mp11/list.hpp>

#include "contracts/events/admissions.hpp"
#include "contracts/events/auth.hpp"
#include "contracts/events/expiration.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/payments.hpp"
#include "contracts/events/tickets.hpp"

namespace stagedoor::contracts {

using AllEvents =
    boost::mp11::mp_list<UserRegistered, UserConfirmed, UserLanguageChosen, SellerNamed, LinkIssued,
                         SessionRevoked, EpochRaised, KeyAdded, KeyRetired, TicketCreated, TicketUpdated,
                         TicketWithdrawn, TicketCancelled, StockSet, OrderCreated, OrderAwaiting,
                         OrderReopened, OrderCompleted, OrderVoided, OrderCancelled, ReturnsClosed,
                         ExpirationComplete, PaymentStarted, PaymentCreated, PaymentFailed, PaymentRefunded,
                         TransferOffered, TransferClaimed, TransferRevoked, DoorsOpened>;

}  // namespace stagedoor::contracts
