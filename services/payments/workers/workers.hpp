// What payments does by itself, in the background.
#pragma once

#include "services/payments/app.hpp"
#include "services/payments/payment.hpp"

namespace stagedoor::payments::workers {

// How long one copy of the service sees to a charge or a refund alone. Longer than a provider may take.
inline constexpr std::chrono::seconds lease{30};

// Charges what was handed over, and finds out what became of charges whose outcome nobody has heard. Any number of
// copies may do so at once.
Task<> charge(App& app, StopSignal& stopping);
// Hands over an attempt that this transaction has leased.
void charge_after_commit(App& app, sql::Tx& tx, const PaymentRow& payment);
// Writes the outcome of a charge, whoever heard of it; one that is known already stays as it is.
void settle(App& app, sql::Tx& tx, const PaymentRow& payment, const ChargeOutcome& outcome);

// Pays back what is to be paid back, for ever until it is done.
Task<> refund(App& app, StopSignal& stopping);

// How long to wait after so many tries: none, then 1 s, 2 s, 4 s … at most 5 min.
[[nodiscard]] std::chrono::milliseconds patience_after(std::int64_t tries);

}  // namespace stagedoor::payments::workers
