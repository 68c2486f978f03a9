// Our books, as they are held against the provider's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/payments/payment.hpp"

namespace stagedoor::payments::store {

struct BookedPayment {
    OrderId order_id;
    Money amount;
    PaymentStatus status = PaymentStatus::started;
    std::int64_t refunded_minor = 0;   // known to be done before a certain time
    std::int64_t to_refund_minor = 0;  // decided, done or not
};
BOOST_DESCRIBE_STRUCT(BookedPayment, (), (order_id, amount, status, refunded_minor, to_refund_minor))

[[nodiscard]] std::optional<BookedPayment> find_booked(sql::Tx& tx, const PaymentId& id,
                                                       Instant refunded_before);

// Where the ledger is not in itself, with the payments or with the refunds at one.
struct Fault {
    std::string what;
    std::optional<PaymentId> payment_id;
    Money booked, in_ledger;
};
[[nodiscard]] std::vector<Fault> faults(sql::Tx& tx);

}  // namespace stagedoor::payments::store
