#include "services/payments/payment.hpp"

namespace stagedoor::payments {

Payment shown(const PaymentRow& payment, const std::vector<RefundRow>& refunds) {
    Payment shown{.id = payment.id,
                  .order_id = payment.order_id,
                  .status = payment.status,
                  .amount = payment.amount,
                  .reason = payment.reason,
                  .created_at = payment.created_at,
                  .refunds = {}};
    for (const auto& refund : refunds) {
        shown.refunds.push_back(
            {refund.id, refund.amount, refund.reason, refund.status, refund.created_at, refund.done_at});
    }
    return shown;
}

}  // namespace stagedoor::payments
