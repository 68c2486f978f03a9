// Our books against the provider's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/payments/app.hpp"

namespace stagedoor::payments {

struct Difference {
    std::string what;
    std::optional<PaymentId> payment_id;
    std::optional<std::string> reference;  // what the provider calls the charge
    std::optional<std::string> ours, theirs;
};
BOOST_DESCRIBE_STRUCT(Difference, (), (what, payment_id, reference, ours, theirs))

struct Reconciliation {
    std::string provider;
    std::int64_t charges = 0;          // in the provider's books
    std::int64_t unresolved = 0;       // of those, whose outcome we haven't written yet
    std::int64_t pending_refunds = 0;  // of those, with money that is still to go back
    std::vector<Difference> differences;
};
BOOST_DESCRIBE_STRUCT(Reconciliation, (), (provider, charges, unresolved, pending_refunds, differences))

// Of attempts since that time. May be asked while payments are made: what is under way is no difference. Throws
// ProviderSilent.
[[nodiscard]] Task<Reconciliation> reconcile(App& app, Instant since);

}  // namespace stagedoor::payments
