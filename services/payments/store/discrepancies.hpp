// Our books, for the comparison with the provider's; and discrepancies within them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/payments/payment.hpp"

namespace stagedoor::payments::store {

struct RecordedPayment {
    OrderId order_id;
    Money amount;
    PaymentStatus status = PaymentStatus::started;
    std::int64_t refunded_minor = 0;   // known to be done by a given time
    std::int64_t to_refund_minor = 0;  // decided, done or not
};
BOOST_DESCRIBE_STRUCT(RecordedPayment, (), (order_id, amount, status, refunded_minor, to_refund_minor))

[[nodiscard]] std::optional<RecordedPayment> find_recorded(sql::Tx& tx, const PaymentId& id,
                                                           Instant refunded_before);

// Where the ledger contradicts itself, the payments or the refunds.
struct LedgerDiscrepancy {
    std::string what;
    std::optional<PaymentId> payment_id;
    Money recorded, in_ledger;
};
// Up to 100 of each kind.
[[nodiscard]] std::vector<LedgerDiscrepancy> ledger_discrepancies(sql::Tx& tx);

}  // namespace stagedoor::payments::store
