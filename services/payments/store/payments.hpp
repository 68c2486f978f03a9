// Payment attempts and their transitions. A transaction that touches an order, its payment and its refunds
// locks them in that order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/payments/payment.hpp"
#include "services/payments/providers/provider.hpp"
#include "services/payments/store/orders.hpp"

namespace stagedoor::payments::store {

struct Attempt {
    PaymentId id;
    OrderId order;
    UserId buyer;
    std::string token;
    bool order_may_arrive = false;  // its event may still be in flight
};

// Thrown if the deciding event may still be in flight: order.created, or order.reopened.
struct NotReceivedYet {
    bool order_is_known = false;
};

// Opens the attempt and publishes payment.started; or returns the order's attempt that is unresolved or has
// succeeded. Throws NotFound, Forbidden (another buyer's), Conflict (cancelled or expired), NotReceivedYet.
[[nodiscard]] OpenedPayment open(sql::Tx& tx, const Attempt& attempt);

// ---- Transitions. One guarded statement on the payment's own row decides each. They return nullopt if the
// payment is not in the state they start from.

// The hold is leased: the caller may charge until `lease`. No rows: nothing to charge.
[[nodiscard]] sql::LaterRows<PaymentRow> begin_charge(sql::Tx& tx, const PaymentId& id, Instant lease);

// Records the outcome of the charge: publishes payment.created and posts to the ledger; or publishes
// payment.failed, and the order may be paid again. Refunds a charge whose order was cancelled, or whose
// attempt had already failed.
std::optional<PaymentRow> settle(sql::Tx& tx, const PaymentRow& payment, const ChargeOutcome& outcome,
                                 std::int64_t fee_basis_points);

// The order was cancelled before anything was charged: publishes payment.failed.
std::optional<PaymentRow> fail_uncharged(sql::Tx& tx, const OrderId& order, const std::string& reason);

// ---- Charges that are due: their outcome is unknown, or their lease has expired.

[[nodiscard]] std::vector<PaymentRow> claim_charges(sql::Tx& tx, Instant lease, std::int64_t max_claimed);
[[nodiscard]] std::optional<Instant> next_charge(sql::Tx& tx);
// Unless another replica has claimed it since.
void postpone_charge(sql::Tx& tx, const PaymentRow& payment, Instant due);

// ---- Queries

[[nodiscard]] std::optional<PaymentRow> find(sql::Tx& tx, const PaymentId& id);
// The one that succeeded. Reliable only while the order's row is locked.
[[nodiscard]] std::optional<PaymentRow> find_paid(sql::Tx& tx, const OrderId& order);
// Newest first, from before the id `before` on (all if empty).
[[nodiscard]] std::vector<PaymentRow> of_order(sql::Tx& tx, const OrderId& order, const std::string& before,
                                               std::int64_t limit);
// Succeeded attempts created since then, by id, from after the id `after` on.
[[nodiscard]] std::vector<PaymentRow> paid_since(sql::Tx& tx, Instant since, const PaymentId& after,
                                                 std::int64_t limit);

// ---- Webhooks

// Remembers the webhook's id for 30 days. Returns false if it was received before.
[[nodiscard]] bool add_webhook(sql::Tx& tx, const std::string& id);

}  // namespace stagedoor::payments::store
