#include "services/payments/payment.hpp"

namespace stagedoor::payments {

Payment to_response(const PaymentRow& payment, const std::vector<RefundRow>& refunds) {
    Payment response{.id = payment.id,
                     .order_id = payment.order_id,
                     .status = payment.status,
                     .amount = payment.amount,
                     .reason = payment.reason,
                     .created_at = payment.created_at,
                     .refunds = {}};
    for (const auto& refund : refunds) {
        response.refunds.push_back(
            {refund.id, refund.amount, refund.reason, refund.status, refund.created_at, refund.done_at});
    }
    return response;
}

}  // namespace stagedoor::payments
