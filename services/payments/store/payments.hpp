// The attempts to pay, and what may become of them. A transaction that touches an order, its payment and refunds locks
// them in that order.
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
    bool order_may_arrive = false;  // it is so new that it may still be on its way here
};

// Thrown when what decides has not been heard yet: that there is the order, or that it is open again.
struct NotReceivedYet {
    bool order_is_known = false;
};

// Opens the attempt, told by payment.started; or gives the one of that order that is unresolved or has succeeded.
// Throws NotFound, Forbidden (somebody else's order), Conflict (it is cancelled or its time is over), NotReceivedYet.
[[nodiscard]] OpenedPayment open(sql::Tx& tx, const Attempt& attempt);

// ---- The transitions. Each is one guarded statement on the payment's own row, which decides: once, by whom it is.
// Nothing when the payment is not in the state that it starts from.

// The hold is leased: whoever did this may charge until `lease`.
std::optional<PaymentRow> begin_charge(sql::Tx& tx, const PaymentId& id, Instant lease);

// The outcome of the charge: tells payment.created and writes the ledger; or tells payment.failed, and the order may be
// paid again. A charge that comes after the order was cancelled is paid back.
std::optional<PaymentRow> settle(sql::Tx& tx, const PaymentRow& payment, const ChargeOutcome& outcome,
                                 std::int64_t fee_basis_points);

// The order came to nothing before anything was charged: told by payment.failed.
std::optional<PaymentRow> give_up(sql::Tx& tx, const OrderId& order, const std::string& reason);

// ---- Charges that nobody sees to: their outcome was not heard, or their lease is over.

[[nodiscard]] std::vector<PaymentRow> claim_charges(sql::Tx& tx, Instant lease, std::int64_t most);
[[nodiscard]] std::optional<Instant> next_charge(sql::Tx& tx);
// Unless another copy has taken it on since.
void put_off_charge(sql::Tx& tx, const PaymentRow& payment, Instant due);

// ---- Looking

[[nodiscard]] std::optional<PaymentRow> find(sql::Tx& tx, const PaymentId& id);
// The one that succeeded. To be relied on only while the order's row is locked.
[[nodiscard]] std::optional<PaymentRow> find_paid(sql::Tx& tx, const OrderId& order);
// Newest first, those before `before` (all when empty).
[[nodiscard]] std::vector<PaymentRow> of_order(sql::Tx& tx, const OrderId& order, const std::string& before,
                                               std::int64_t limit);
// What succeeded, of attempts since that time, in the order of their ids, those after `after`.
[[nodiscard]] std::vector<PaymentRow> paid_since(sql::Tx& tx, Instant since, const PaymentId& after,
                                                 std::int64_t limit);

// ---- Notices of the provider

// False when it was taken in before.
[[nodiscard]] bool note(sql::Tx& tx, const std::string& notice);

}  // namespace stagedoor::payments::store
