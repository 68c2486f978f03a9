#include "services/payments/store/payments.hpp"

#include "common/errors.hpp"
#include "common/messaging/outbox.hpp"
#include "common/runtime/mutation.hpp"
#include "services/payments/store/ledger.hpp"
#include "services/payments/store/refunds.hpp"

namespace stagedoor::payments::store {
namespace {

const std::string payment_columns =
    "id, order_id, user_id, amount_minor, currency, status, token, reference, reason, tries, created_at, "
    "version";

// Providers repeat a webhook for some days.
constexpr std::chrono::days webhook_retention{30};

std::optional<std::string> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional{text};
}

// The attempt that is already open; else throws why there can be none.
PaymentId existing_attempt(sql::Tx& tx, const Attempt& attempt) {
    auto order = find_order(tx, attempt.order);
    if (!order && attempt.order_may_arrive) throw NotReceivedYet{};
    if (!order) throw NotFound("No such order"_text);
    if (order->user_id != attempt.buyer) throw Forbidden("Only the buyer can pay for this order"_text);
    if (order->attempt) return *order->attempt;
    // Another attempt has failed since, or order.reopened is still in flight.
    auto can_be_paid = order->status == OrderStatus::created && order->expires_at > tx.now();
    if (can_be_paid || order->status == OrderStatus::awaiting_payment)
        throw NotReceivedYet{.order_is_known = true};
    if (order->status == OrderStatus::created || order->reason == CancelReason::expired)
        throw Conflict("The time to pay has expired"_text);
    throw Conflict("The order was cancelled"_text);
}

// The charge of a failed attempt succeeded after all.
void refund_if_stray(sql::Tx& tx, const PaymentId& id, const OrderProjection& order,
                     const std::string& reference) {
    auto failed = tx.find<PaymentRow>(
        "UPDATE payments SET reference = $2 WHERE id = $1 AND status = 'failed' RETURNING " + payment_columns,
        id, reference);
    if (failed) refund_stray(tx, *failed, order.reason.value_or(CancelReason::expired));
}

void publish_failed(sql::Tx& tx, const PaymentRow& payment) {
    auto event = to_event<contracts::PaymentFailed>(payment);
    event.reason = payment.reason.value_or("");
    outbox::publish(tx, event);
}

}  // namespace

OpenedPayment open(sql::Tx& tx, const Attempt& attempt) {
    auto amount = tx.find<Money>(R"(
        UPDATE orders SET attempt = $2
         WHERE id = $1 AND user_id = $3 AND status = 'created' AND expires_at > $4 AND attempt IS NULL
        RETURNING total_minor, currency)",
                                 attempt.order, attempt.id, attempt.buyer, tx.now());
    if (!amount) return {existing_attempt(tx, attempt)};
    PaymentRow payment{.id = attempt.id,
                       .order_id = attempt.order,
                       .user_id = attempt.buyer,
                       .amount = *amount,
                       .token = attempt.token,
                       .reference = {},
                       .reason = {},
                       .created_at = tx.now(),
                       .version = 1};
    tx.send(
        "INSERT INTO payments(id, order_id, user_id, amount_minor, currency, status, token, tries, "
        "created_at, version)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        payment.id, payment.order_id, payment.user_id, payment.amount.minor, payment.amount.currency,
        payment.status, payment.token, payment.tries, payment.created_at, payment.version);
    outbox::publish(tx, to_event<contracts::PaymentStarted>(payment));
    return {payment.id};
}

sql::LaterRows<PaymentRow> begin_charge(sql::Tx& tx, const PaymentId& id, Instant lease) {
    return tx.query_later<PaymentRow>(
        "UPDATE payments SET status = 'charging', tries = 1, due_at = $2"
        " WHERE id = $1 AND status = 'started' RETURNING " +
            payment_columns,
        id, lease);
}

std::optional<PaymentRow> settle(sql::Tx& tx, const PaymentRow& payment, const ChargeOutcome& outcome,
                                 std::int64_t fee_basis_points) {
    auto order = lock_order(tx, payment.order_id);
    auto settled = tx.find<PaymentRow>(
        "UPDATE payments SET status = $2, reference = $3, reason = $4, token = NULL, due_at = NULL,"
        " version = version + 1 WHERE id = $1 AND status = 'charging' RETURNING " +
            payment_columns,
        payment.id, outcome.succeeded ? PaymentStatus::succeeded : PaymentStatus::failed,
        unless_empty(outcome.reference), unless_empty(outcome.reason));
    if (!settled) {
        if (outcome.succeeded) refund_if_stray(tx, payment.id, order, outcome.reference);
        return std::nullopt;
    }
    if (!outcome.succeeded) {
        clear_attempt(tx, order.id, payment.id);
        publish_failed(tx, *settled);
        return settled;
    }
    post_charge(tx, *settled, charge_lines(tx, order.id, fee_basis_points));
    outbox::publish(tx, to_event<contracts::PaymentCreated>(*settled));
    if (order.status == OrderStatus::cancelled)
        refund_order(tx, *settled, order.reason.value_or(CancelReason::expired));
    return settled;
}

std::optional<PaymentRow> fail_uncharged(sql::Tx& tx, const OrderId& order, const std::string& reason) {
    auto failed = tx.find<PaymentRow>(
        "UPDATE payments SET status = 'failed', reason = $2, token = NULL, version = version + 1"
        " WHERE order_id = $1 AND status = 'started' RETURNING " +
            payment_columns,
        order, reason);
    if (!failed) return std::nullopt;
    clear_attempt(tx, order, failed->id);
    publish_failed(tx, *failed);
    return failed;
}

std::vector<PaymentRow> claim_charges(sql::Tx& tx, Instant lease, std::int64_t max_claimed) {
    return tx.query<PaymentRow>(R"(
        WITH due AS MATERIALIZED (SELECT id FROM payments WHERE status = 'charging' AND due_at <= $2
                                   ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
        UPDATE payments SET due_at = $1, tries = tries + 1 WHERE id IN (SELECT id FROM due)
        RETURNING )" + payment_columns,
                                lease, tx.now(), max_claimed);
}

std::optional<Instant> next_charge(sql::Tx& tx) {
    return tx.find<std::optional<Instant>>("SELECT min(due_at) FROM payments WHERE status = 'charging'")
        .value_or(std::nullopt);
}

void postpone_charge(sql::Tx& tx, const PaymentRow& payment, Instant due) {
    tx.send("UPDATE payments SET due_at = $3 WHERE id = $1 AND status = 'charging' AND tries = $2",
            payment.id, payment.tries, due);
}

std::optional<PaymentRow> find(sql::Tx& tx, const PaymentId& id) {
    return tx.find<PaymentRow>("SELECT " + payment_columns + " FROM payments WHERE id = $1", id);
}

std::optional<PaymentRow> find_paid(sql::Tx& tx, const OrderId& order) {
    if (runtime::mutated(Mutation::refund_forgotten)) return std::nullopt;
    return tx.find<PaymentRow>(
        "SELECT " + payment_columns + " FROM payments WHERE order_id = $1 AND status = 'succeeded'", order);
}

std::vector<PaymentRow> of_order(sql::Tx& tx, const OrderId& order, const std::string& before,
                                 std::int64_t limit) {
    return tx.query<PaymentRow>(
        "SELECT " + payment_columns +
            " FROM payments WHERE order_id = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3",
        order, before, limit);
}

std::vector<PaymentRow> paid_since(sql::Tx& tx, Instant since, const PaymentId& after, std::int64_t limit) {
    return tx.query<PaymentRow>(
        "SELECT " + payment_columns +
            " FROM payments WHERE status = 'succeeded' AND created_at >= $1 AND id > $2"
            " ORDER BY id LIMIT $3",
        since, after, limit);
}

bool add_webhook(sql::Tx& tx, const std::string& id) {
    tx.send("DELETE FROM notices WHERE at < $1", tx.now() - webhook_retention);
    return tx.execute("INSERT INTO notices(id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING", id, tx.now())
               .rows == 1;
}

}  // namespace stagedoor::payments::store
