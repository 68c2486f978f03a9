// Compares our books with the provider's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/payments/app.hpp"

namespace stagedoor::payments {

struct Difference {
    std::string what;
    std::optional<PaymentId> payment_id;
    std::optional<std::string> reference;  // the provider's id of the charge
    std::optional<std::string> ours, theirs;
};
BOOST_DESCRIBE_STRUCT(Difference, (), (what, payment_id, reference, ours, theirs))

struct Reconciliation {
    std::string provider;
    std::int64_t charges = 0;          // in the provider's books
    std::int64_t unresolved = 0;       // of those, our outcome is still unknown
    std::int64_t pending_refunds = 0;  // of those, with refunds still to be made
    std::vector<Difference> differences;
};
BOOST_DESCRIBE_STRUCT(Reconciliation, (), (provider, charges, unresolved, pending_refunds, differences))

// Compares attempts since that time. Safe under load: what is in progress is no difference. Throws
// OutcomeUnknown if the provider is unavailable.
[[nodiscard]] Task<Reconciliation> reconcile(App& app, Instant since);

}  // namespace stagedoor::payments
