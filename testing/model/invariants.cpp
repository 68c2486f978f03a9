#include "testing/model/invariants.hpp"

#include "testing/model/money_invariants.hpp"
#include "testing/model/row_checks.hpp"

namespace stagedoor::testing {
namespace {

const std::vector<std::string> services{"auth",     "tickets",       "orders", "expiration",
                                        "payments", "notifications", "client"};

// Who receives which entities of whom.
struct Hearing {
    std::string listener, speaker, entities;
};
const std::vector<Hearing> hearings{
    {"tickets", "orders", "'order','stock'"},
    {"orders", "tickets", "'ticket'"},
    {"orders", "expiration", "'expiration'"},
    {"expiration", "orders", "'order'"},
    {"tickets", "auth", "'session','epoch','key'"},
    {"orders", "auth", "'session','epoch','key'"},
    {"expiration", "auth", "'session','epoch','key'"},
    {"client", "auth", "'session','epoch','key'"},
    {"orders", "payments", "'payment'"},
    {"payments", "orders", "'order'"},
    {"payments", "auth", "'session','epoch','key'"},
    {"notifications", "tickets", "'ticket'"},
    {"notifications", "orders", "'order'"},
    {"notifications", "payments", "'payment'"},
    {"notifications", "auth", "'user','link','session','epoch','key'"},
};

// "order" of "order.created", in words that every database knows.
constexpr std::string_view entity = "rtrim(rtrim(type, 'abcdefghijklmnopqrstuvwxyz'), '.')";

}  // namespace

std::vector<std::string> broken_now(Databases& databases) {
    std::vector<std::string> found;
    none(databases, found, "more held and sold than there is", "orders",
         "SELECT id, capacity, held, sold FROM tickets WHERE held + sold > capacity OR held < 0 OR sold < 0");
    none(databases, found, "held is not what the orders hold", "orders",
         "SELECT t.id, t.held, coalesce(sum(i.quantity), 0) FROM tickets t LEFT JOIN order_items i ON "
         "i.ticket_id = t.id"
         " AND i.held_until IS NOT NULL GROUP BY t.id, t.held HAVING t.held <> coalesce(sum(i.quantity), 0)");
    none(databases, found, "sold is not what the paid orders have", "orders",
         "SELECT t.id, t.sold, coalesce(sum(i.quantity), 0) FROM tickets t LEFT JOIN (SELECT ticket_id, "
         "quantity"
         " FROM order_items JOIN orders ON orders.id = order_id WHERE status = 'complete' AND cancelled_at "
         "IS NULL) i"
         " ON i.ticket_id = t.id GROUP BY t.id, t.sold HAVING t.sold <> coalesce(sum(i.quantity), 0)");
    none(databases, found, "an order that is paid, or about to be, by nothing", "orders",
         "SELECT id, status, payment_id, leased_until FROM orders WHERE status IN ('awaiting:payment', "
         "'complete')"
         " AND (payment_id IS NULL OR (leased_until IS NULL) <> (status = 'complete'))");
    none(databases, found,
         "an order holds a part of its items, or none while it stands, or some after its end", "orders",
         "SELECT o.id, o.status, count(*), count(i.held_until) FROM orders o JOIN order_items i ON "
         "i.order_id = o.id"
         " GROUP BY o.id, o.status HAVING count(i.held_until) <> CASE WHEN o.status IN ('created', "
         "'awaiting:payment') THEN count(*) ELSE 0 END");
    none(databases, found, "an order without items", "orders",
         "SELECT id FROM orders WHERE id NOT IN (SELECT order_id FROM order_items)");
    none(databases, found, "a total that is not the sum of the items", "orders",
         "SELECT o.id, o.total_minor, sum(i.price_minor * i.quantity) FROM orders o JOIN order_items i ON "
         "i.order_id = o.id"
         " GROUP BY o.id, o.total_minor HAVING o.total_minor <> sum(i.price_minor * i.quantity)");
    none(databases, found, "an order whose events are not one for each of its versions", "orders",
         "SELECT o.id, o.status, o.version, e.told, e.ends FROM orders o LEFT JOIN (SELECT entity_id, "
         "count(*) AS told,"
         " sum(CASE WHEN type = 'order.cancelled' THEN 1 ELSE 0 END) AS ends FROM outbox WHERE type LIKE "
         "'order.%' GROUP BY entity_id) e"
         " ON e.entity_id = o.id WHERE coalesce(e.told, 0) <> o.version OR e.ends <> CASE WHEN o.status = "
         "'cancelled' THEN 1 ELSE 0 END");
    none(databases, found, "a stock whose events are not one for each of its versions", "orders",
         "SELECT t.id, t.stock_version, e.told FROM tickets t LEFT JOIN (SELECT entity_id, count(*) AS told "
         "FROM outbox WHERE type = 'stock.set'"
         " GROUP BY entity_id) e ON e.entity_id = t.id WHERE coalesce(e.told, 0) <> t.stock_version");
    none(databases, found, "a listing whose events are not one for each of its versions", "tickets",
         "SELECT t.id, t.version, e.told FROM tickets t LEFT JOIN (SELECT entity_id, count(*) AS told FROM "
         "outbox WHERE type LIKE 'ticket.%'"
         " GROUP BY entity_id) e ON e.entity_id = t.id WHERE coalesce(e.told, 0) <> t.version");
    none(databases, found, "one e-mail address, two users", "auth",
         "SELECT lower(email), count(*) FROM users GROUP BY lower(email) HAVING count(*) > 1");
    for (const auto& service : services) {
        auto subject = std::string{entity};
        none(databases, found, "event versions with gaps or doubles", service,
             "SELECT " + subject +
                 ", entity_id, count(*), count(DISTINCT version), min(version), max(version) FROM outbox "
                 "GROUP BY " +
                 subject +
                 ", entity_id HAVING count(*) <> max(version) OR count(DISTINCT version) <> count(*) OR "
                 "min(version) <> 1");
        none(databases, found, "a dead letter", service,
             "SELECT entity, entity_id, version, type, error FROM parked WHERE dead = 1");
        none(databases, found, "a key taken and not answered", service,
             "SELECT user_id, route, key FROM idempotency_keys WHERE status = 0");
    }
    find_broken_money(databases, found);
    return found;
}

std::vector<std::string> not_yet_equal(Databases& databases, std::int64_t now_ms) {
    std::vector<std::string> found;
    for (const auto& [listener, speaker, entities] : hearings) {
        same(databases, found, "versions heard", listener,
             "SELECT entity, entity_id, version FROM inbox WHERE entity IN (" + entities + ") ORDER BY 1, 2",
             speaker,
             "SELECT " + std::string{entity} + ", entity_id, max(version) FROM outbox WHERE " +
                 std::string{entity} + " IN (" + entities + ") GROUP BY 1, 2 ORDER BY 1, 2");
    }
    for (const auto& service : services)
        none(databases, found, "parked", service,
             "SELECT entity, entity_id, version, type, error FROM parked");
    same(databases, found, "the stock as tickets knows it", "tickets",
         "SELECT id, capacity, held, sold FROM tickets ORDER BY id", "orders",
         "SELECT id, capacity, held, sold FROM tickets ORDER BY id");
    std::string listing =
        "price_minor, currency, max_per_order, starts_at, status, version FROM tickets ORDER BY id";
    same(databases, found, "the listing as orders knows it", "orders",
         "SELECT id, seller_id, title, " + listing, "tickets", "SELECT id, user_id, title, " + listing);
    same(databases, found, "whose time runs", "expiration",
         "SELECT order_id, fires_at FROM timers ORDER BY 1", "orders",
         "SELECT id, coalesce(leased_until, expires_at) FROM orders WHERE status IN ('created', "
         "'awaiting:payment') ORDER BY 1");
    none(databases, found, "a hold that ran out and is not tidied up", "orders",
         "SELECT id, expires_at FROM orders WHERE status IN ('created', 'awaiting:payment') AND "
         "coalesce(leased_until, expires_at) <= " +
             std::to_string(now_ms));
    none(databases, found, "an order whose listing was called off stands as if it were not", "orders",
         "SELECT o.id, o.status, t.id FROM tickets t JOIN order_items i ON i.ticket_id = t.id JOIN orders o "
         "ON o.id = "
         "i.order_id WHERE t.status = 'cancelled' AND o.status <> 'cancelled' AND i.cancelled_at IS NULL");
    same(databases, found, "who is reached where", "notifications",
         "SELECT id, email, confirmed FROM people ORDER BY 1", "auth",
         "SELECT id, email, confirmed FROM users ORDER BY 1");
    // One that its sender took and lost, killed, is leased for some minutes.
    none(databases, found, "a mail that waits", "notifications",
         "SELECT id, status, tries, error FROM mails WHERE status = 'queued' AND due_at < created_at + "
         "300000");
    find_unequal_money(databases, found);
    return found;
}

}  // namespace stagedoor::testing
