#include "testing/model/money_invariants.hpp"

#include "testing/model/row_checks.hpp"

namespace stagedoor::testing {
namespace {

const std::string provider = "test-provider";

// A charge that payments had given up on but was made after all: its payment stays `failed`, and all of it is
// refunded.
const std::string is_stray = "id || ':stray' IN (SELECT id FROM refunds)";

void find_broken_attempts(Databases& databases, std::vector<std::string>& found) {
    check_none(
        databases, found, "two unresolved or successful attempts of one order", "payments",
        "SELECT order_id, count(*) FROM payments WHERE status <> 'failed' GROUP BY order_id HAVING count(*) "
        "> 1");
    check_none(
        databases, found, "an order whose attempt is not its unresolved or successful one", "payments",
        "SELECT o.id, o.attempt, p.id, p.status FROM orders o LEFT JOIN payments p ON p.order_id = o.id AND "
        "p.status <> "
        "'failed' WHERE coalesce(o.attempt, '') <> coalesce(p.id, '')");
    check_none(
        databases, found, "a payment without exactly one event per version", "payments",
        "SELECT p.id, p.status, p.version, e.events, e.charged FROM payments p LEFT JOIN (SELECT entity_id, "
        "count(*) AS events,"
        " sum(CASE WHEN type = 'payment.created' THEN 1 ELSE 0 END) AS charged FROM outbox WHERE type LIKE "
        "'payment.%'"
        " GROUP BY entity_id) e ON e.entity_id = p.id WHERE coalesce(e.events, 0) <> p.version"
        " OR e.charged <> CASE WHEN p.status = 'succeeded' THEN 1 ELSE 0 END");
    check_none(
        databases, found, "more refunded than was paid", "payments",
        "SELECT p.id, p.amount_minor, sum(r.amount_minor) FROM payments p JOIN refunds r ON r.payment_id = "
        "p.id AND r.id <> p.id || ':stray'"
        " GROUP BY p.id, p.amount_minor, p.status HAVING p.status <> 'succeeded' OR sum(r.amount_minor) > "
        "p.amount_minor");
}

void find_broken_ledger(Databases& databases, std::vector<std::string>& found) {
    check_none(
        databases, found, "a ledger transaction that does not sum to zero", "payments",
        "SELECT transaction_id, kind, currency, sum(amount_minor) FROM ledger GROUP BY transaction_id, "
        "kind, currency"
        " HAVING sum(amount_minor) <> 0");
    check_none(
        databases, found, "a payment that differs from the ledger (amount, refunded, owed; by the ledger)",
        "payments",
        "SELECT p.id, p.status, p.amount_minor, r.done, r.pending, l.buyer, l.owed FROM payments p"
        " LEFT JOIN (SELECT payment_id, sum(CASE WHEN status = 'done' THEN amount_minor ELSE 0 END) AS done,"
        " sum(CASE WHEN status = 'done' THEN 0 ELSE amount_minor END) AS pending FROM refunds GROUP BY "
        "payment_id) r"
        " ON r.payment_id = p.id"
        " LEFT JOIN (SELECT payment_id, sum(CASE WHEN account LIKE 'buyer/%' THEN amount_minor ELSE 0 END) "
        "AS buyer,"
        " sum(CASE WHEN account = 'refunds' THEN amount_minor ELSE 0 END) AS owed FROM ledger GROUP BY "
        "payment_id) l"
        " ON l.payment_id = p.id"
        " WHERE coalesce(l.owed, 0) <> coalesce(r.pending, 0) OR coalesce(l.buyer, 0) <> coalesce(r.done, 0)"
        " - CASE WHEN p.status = 'succeeded' OR p." +
            is_stray + " THEN p.amount_minor ELSE 0 END");
}

void find_broken_provider_records(Databases& databases, std::vector<std::string>& found) {
    check_none(
        databases, found, "two valid charges of one order", provider,
        "SELECT order_id, count(*) FROM charges WHERE declined IS NULL AND refunded_minor < amount_minor"
        " GROUP BY order_id HAVING count(*) > 1");
    check_none(
        databases, found, "a charge whose refunded amount differs from its refunds", provider,
        "SELECT c.id, c.amount_minor, c.refunded_minor, sum(r.amount_minor) FROM charges c LEFT JOIN "
        "refunds r ON"
        " r.charge_id = c.id GROUP BY c.id, c.amount_minor, c.refunded_minor"
        " HAVING c.refunded_minor <> coalesce(sum(r.amount_minor), 0) OR c.refunded_minor > c.amount_minor");
}

const std::string succeeded =
    "SELECT id, order_id, amount_minor, currency FROM payments WHERE status = 'succeeded' ORDER BY 1";
const std::string took_money =
    "SELECT id, order_id, amount_minor, currency FROM payments WHERE status = 'succeeded' OR " + is_stray +
    " ORDER BY 1";
const std::string charged =
    "SELECT id, order_id, amount_minor, currency FROM charges WHERE declined IS NULL ORDER BY 1";

}  // namespace

void find_broken_money(Databases& databases, std::vector<std::string>& found) {
    find_broken_attempts(databases, found);
    find_broken_ledger(databases, found);
    find_broken_provider_records(databases, found);
    check_contained(databases, found, "tickets without money", "orders",
                    "SELECT payment_id, id, total_minor, currency FROM orders WHERE status = 'complete'",
                    "payments", succeeded);
    check_contained(databases, found, "a payment without a charge", "payments", succeeded, provider, charged);
    check_contained(databases, found, "a charge without an attempt", provider,
                    "SELECT id, order_id FROM charges", "payments", "SELECT id, order_id FROM payments");
    check_contained(databases, found, "a refund that the provider did not make", "payments",
                    "SELECT id, payment_id, amount_minor FROM refunds WHERE status = 'done'", provider,
                    "SELECT id, charge_id, amount_minor FROM refunds");
    check_contained(databases, found, "a refund that payments did not request", provider,
                    "SELECT id, charge_id, amount_minor FROM refunds", "payments",
                    "SELECT id, payment_id, amount_minor FROM refunds");
}

void find_unsettled_money(Databases& databases, std::vector<std::string>& found) {
    check_none(databases, found, "an unfinished payment", "payments",
               "SELECT id, order_id, status, tries FROM payments WHERE status IN ('started', 'charging')");
    check_none(databases, found, "an unfinished refund", "payments",
               "SELECT id, amount_minor, tries FROM refunds WHERE status <> 'done'");
    check_same(databases, found, "charges", "payments", took_money, provider, charged);
    check_same(
        databases, found, "net charges and the value of the tickets", provider,
        "SELECT order_id, sum(amount_minor - refunded_minor) FROM charges WHERE declined IS NULL GROUP BY "
        "order_id"
        " HAVING sum(amount_minor - refunded_minor) <> 0 ORDER BY 1",
        "orders",
        "SELECT o.id, sum(i.price_minor * i.quantity) FROM orders o JOIN order_items i ON i.order_id = o.id"
        " WHERE o.status = 'complete' AND i.cancelled_at IS NULL GROUP BY o.id ORDER BY 1");
    std::string order =
        "SELECT id, user_id, status, total_minor, currency, reason, version FROM orders ORDER BY 1";
    check_same(databases, found, "payments' projection of the order", "payments", order, "orders", order);
    check_same(
        databases, found, "sellers' sales", "payments",
        "SELECT substr(account, 8), currency, sum(amount_minor) FROM ledger WHERE account LIKE 'seller/%' "
        "AND kind IN "
        "('charge', 'refund') GROUP BY 1, 2 HAVING sum(amount_minor) <> 0 ORDER BY 1, 2",
        "orders",
        "SELECT i.seller_id, i.currency, sum(i.price_minor * i.quantity) FROM orders o JOIN order_items i "
        "ON i.order_id = "
        "o.id WHERE o.status = 'complete' AND i.cancelled_at IS NULL GROUP BY 1, 2 ORDER BY 1, 2");
    check_same(
        databases, found, "earnings of a listing", "tickets",
        "SELECT id, currency, earned_minor FROM tickets WHERE earned_minor <> 0 ORDER BY 1", "orders",
        "SELECT i.ticket_id, i.currency, sum(i.price_minor * i.quantity) FROM orders o JOIN order_items i "
        "ON i.order_id = "
        "o.id WHERE o.status = 'complete' AND i.cancelled_at IS NULL GROUP BY 1, 2 ORDER BY 1, 2");
}

}  // namespace stagedoor::testing
