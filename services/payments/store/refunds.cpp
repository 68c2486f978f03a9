#include "services/payments/store/refunds.hpp"

#include "common/messaging/outbox.hpp"
#include "services/payments/store/ledger.hpp"
#include "services/payments/store/payments.hpp"

namespace stagedoor::payments::store {
namespace {

const std::string refund_columns =
    "id, payment_id, amount_minor, currency, reason, status, tries, created_at, done_at";

// Returns false if the refund exists.
bool insert(sql::Tx& tx, const RefundRow& refund) {
    tx.notify(refunds_channel);
    return tx.execute(
                 "INSERT INTO refunds(id, payment_id, amount_minor, currency, reason, status, tries, "
                 "created_at, due_at)"
                 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (id) DO NOTHING",
                 refund.id, refund.payment_id, refund.amount.minor, refund.amount.currency, refund.reason,
                 refund.status, refund.tries, refund.created_at)
               .rows == 1;
}

// The id derives from `cause` instead of being random: the same refund can't be written twice.
void refund(sql::Tx& tx, const PaymentRow& payment, const std::string& cause, const std::vector<Line>& lines,
            CancelReason reason) {
    if (lines.empty()) return;
    RefundRow refund{.id = RefundId{payment.id.text + ":" + cause},
                     .payment_id = payment.id,
                     .amount = {0, payment.amount.currency},
                     .reason = reason,
                     .created_at = tx.now(),
                     .done_at = {}};
    for (const auto& line : lines) refund.amount.minor += line.amount_minor;
    if (insert(tx, refund)) post_refund(tx, refund, lines);
}

}  // namespace

void refund_order(sql::Tx& tx, const PaymentRow& payment, CancelReason reason) {
    refund(tx, payment, "order", cancel_lines(tx, payment.order_id), reason);
}

void refund_ticket(sql::Tx& tx, const PaymentRow& payment, const TicketId& ticket, CancelReason reason) {
    refund(tx, payment, ticket.text, cancel_line(tx, payment.order_id, ticket), reason);
}

void refund_stray(sql::Tx& tx, const PaymentRow& failed, CancelReason reason) {
    RefundRow refund{.id = RefundId{failed.id.text + ":stray"},
                     .payment_id = failed.id,
                     .amount = failed.amount,
                     .reason = reason,
                     .created_at = tx.now(),
                     .done_at = {}};
    if (insert(tx, refund)) post_stray(tx, refund, failed.user_id);
}

std::vector<RefundRow> refunds_of(sql::Tx& tx, const PaymentId& payment) {
    return tx.query<RefundRow>(
        "SELECT " + refund_columns + " FROM refunds WHERE payment_id = $1 ORDER BY created_at, id", payment);
}

std::vector<RefundRow> claim_refunds(sql::Tx& tx, Instant lease, std::int64_t max_claimed) {
    return tx.query<RefundRow>(R"(
        WITH due AS MATERIALIZED (SELECT id FROM refunds WHERE status = 'pending' AND due_at <= $2
                                   ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
        UPDATE refunds SET due_at = $1, tries = tries + 1 WHERE id IN (SELECT id FROM due)
        RETURNING )" + refund_columns,
                               lease, tx.now(), max_claimed);
}

std::optional<Instant> next_refund(sql::Tx& tx) {
    return tx.find<std::optional<Instant>>("SELECT min(due_at) FROM refunds WHERE status = 'pending'")
        .value_or(std::nullopt);
}

void postpone_refund(sql::Tx& tx, const RefundRow& refund, Instant due) {
    tx.send("UPDATE refunds SET due_at = $3 WHERE id = $1 AND status = 'pending' AND tries = $2", refund.id,
            refund.tries, due);
}

bool finish_refund(sql::Tx& tx, const RefundRow& refund, const std::string& reference) {
    tx.send("UPDATE payments SET version = version WHERE id = $1", refund.payment_id);  // lock it first
    auto done = tx.execute(
        "UPDATE refunds SET status = 'done', reference = $2, done_at = $3, due_at = NULL"
        " WHERE id = $1 AND status = 'pending'",
        refund.id, reference, tx.now());
    if (done.rows == 0) return false;
    tx.send("UPDATE payments SET version = version + 1 WHERE id = $1", refund.payment_id);
    auto payment = find(tx, refund.payment_id).value();
    post_refund_done(tx, refund, payment.user_id);
    auto event = to_event<contracts::PaymentRefunded>(payment);
    event.amount = refund.amount;
    event.refund_id = refund.id;
    event.reason = refund.reason;
    outbox::publish(tx, event);
    return true;
}

}  // namespace stagedoor::payments::store
