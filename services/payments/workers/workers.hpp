// The background workers of payments.
#pragma once

#include "services/payments/app.hpp"
#include "services/payments/payment.hpp"

namespace stagedoor::payments::workers {

// How long one replica has a charge or a refund to itself. Longer than a provider may take.
inline constexpr std::chrono::seconds lease{30};

// Starts the charges whose outcome is unknown and due. Any number of replicas may run it.
Task<std::optional<Instant>> claim_charges(App& app, int max_rows);
// Hands over an attempt that this transaction has leased, once it is durable.
void charge_after_commit(App& app, sql::Tx& tx, const PaymentRow& payment);
// Records the outcome of a charge, from wherever it came. A known outcome never changes.
void settle(App& app, sql::Tx& tx, const PaymentRow& payment, const ChargeOutcome& outcome);

// Starts due refunds; each is retried until it is done.
Task<std::optional<Instant>> claim_refunds(App& app, int max_rows);

// The delay after so many tries: none, then 1 s, 2 s, 4 s … at most 5 min.
[[nodiscard]] std::chrono::milliseconds retry_delay(std::int64_t tries);

}  // namespace stagedoor::payments::workers
