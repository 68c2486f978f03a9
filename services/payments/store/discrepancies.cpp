#include "services/payments/store/discrepancies.hpp"

namespace stagedoor::payments::store {
namespace {

constexpr int max_per_kind = 100;  // the first few tell an operator enough

struct Unequal {
    std::optional<PaymentId> payment_id;
    std::int64_t recorded = 0, in_ledger = 0;
    Currency currency;
};
BOOST_DESCRIBE_STRUCT(Unequal, (), (payment_id, recorded, in_ledger, currency))

void add(std::vector<LedgerDiscrepancy>& found, sql::Tx& tx, const std::string& what,
         std::string_view statement) {
    for (auto& each : tx.query<Unequal>(statement, max_per_kind)) {
        found.push_back({what,
                         std::move(each.payment_id),
                         {each.recorded, each.currency},
                         {each.in_ledger, each.currency}});
    }
}

}  // namespace

std::optional<RecordedPayment> find_recorded(sql::Tx& tx, const PaymentId& id, Instant refunded_before) {
    return tx.find<RecordedPayment>(R"(
        SELECT order_id, amount_minor, currency, status,
               (SELECT CAST(coalesce(sum(amount_minor), 0) AS BIGINT) FROM refunds
                 WHERE payment_id = $1 AND status = 'done' AND done_at <= $2),
               (SELECT CAST(coalesce(sum(amount_minor), 0) AS BIGINT) FROM refunds WHERE payment_id = $1)
          FROM payments WHERE id = $1)",
                                    id, refunded_before);
}

std::vector<LedgerDiscrepancy> ledger_discrepancies(sql::Tx& tx) {
    std::vector<LedgerDiscrepancy> found;
    add(found, tx, "ledger entries don't sum to zero", R"(
        SELECT payment_id, 0, CAST(sum(amount_minor) AS BIGINT), currency FROM ledger
         GROUP BY transaction_id, kind, payment_id, currency HAVING sum(amount_minor) <> 0 LIMIT $1)");
    add(found, tx, "the ledger's charge differs from the payment", R"(
        SELECT payments.id, payments.amount_minor, coalesce(-ledger.amount_minor, 0), payments.currency
          FROM payments LEFT JOIN ledger
            ON ledger.transaction_id = payments.id AND ledger.kind = 'charge'
           AND ledger.account = 'buyer/' || payments.user_id AND ledger.currency = payments.currency
         WHERE payments.status = 'succeeded' AND payments.amount_minor <> coalesce(-ledger.amount_minor, 0)
         LIMIT $1)");
    add(found, tx, "the ledger has a charge without a payment", R"(
        SELECT ledger.payment_id, 0, CAST(-sum(ledger.amount_minor) AS BIGINT), ledger.currency
          FROM ledger LEFT JOIN payments
            ON payments.id = ledger.transaction_id AND payments.status = 'succeeded'
         WHERE ledger.kind = 'charge' AND ledger.amount_minor < 0 AND payments.id IS NULL
         GROUP BY ledger.payment_id, ledger.currency LIMIT $1)");
    add(found, tx, "the ledger's refunds differ from the pending refunds", R"(
        SELECT NULL, CAST(sum(booked) AS BIGINT), CAST(sum(in_ledger) AS BIGINT), currency
          FROM (SELECT currency, amount_minor AS booked, 0 AS in_ledger FROM refunds WHERE status = 'pending'
                UNION ALL
                SELECT currency, 0, amount_minor FROM ledger WHERE account = 'refunds') AS owed
         GROUP BY currency HAVING sum(booked) <> sum(in_ledger) LIMIT $1)");
    return found;
}

}  // namespace stagedoor::payments::store
