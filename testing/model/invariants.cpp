#include "testing/model/invariants.hpp"

#include "services/service_names.hpp"
#include "testing/model/admission_invariants.hpp"
#include "testing/model/money_invariants.hpp"
#include "testing/model/row_checks.hpp"

namespace stagedoor::testing {
namespace {

const std::vector<std::string>& services = service_names();

// Which service receives the events of which entities, and from which service.
struct Subscription {
    std::string subscriber, publisher, entities;
};
const std::vector<Subscription> subscriptions{
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
    {"admissions", "tickets", "'ticket'"},
    {"admissions", "orders", "'order','returns'"},
    {"admissions", "auth", "'session','epoch','key'"},
    {"orders", "admissions", "'doors'"},
    {"notifications", "tickets", "'ticket'"},
    {"notifications", "orders", "'order'"},
    {"notifications", "payments", "'payment'"},
    {"notifications", "admissions", "'transfer'"},
    {"notifications", "auth", "'user','link','session','epoch','key'"},
};

// "order" of "order.created", in SQL for every database.
constexpr std::string_view entity = "rtrim(rtrim(type, 'abcdefghijklmnopqrstuvwxyz_'), '.')";

void find_broken_search_entries(Databases& databases, std::vector<std::string>& found) {
    check_none(
        databases, found, "a search entry that differs from its listing", "tickets",
        "SELECT t.id, t.status, t.version FROM tickets t JOIN search_entries e ON e.ticket_id = t.id"
        " WHERE t.status <> 'open' OR (t.search_version = t.version AND (e.currency <> t.currency OR"
        " e.sort_price <> t.sort_price OR e.sort_date <> t.sort_date OR e.created_at <> t.created_at OR"
        " coalesce(e.category, '') <> coalesce(t.category, '') OR e.words = ''))");
}

void find_broken_orders(Databases& databases, std::vector<std::string>& found) {
    check_none(
        databases, found, "more held and sold than the capacity", "orders",
        "SELECT id, capacity, held, sold FROM tickets WHERE held + sold > capacity OR held < 0 OR sold < 0");
    check_none(
        databases, found, "held differs from what the orders hold", "orders",
        "SELECT t.id, t.held, coalesce(sum(i.quantity), 0) FROM tickets t LEFT JOIN order_items i ON "
        "i.ticket_id = t.id"
        " AND i.held_until IS NOT NULL GROUP BY t.id, t.held HAVING t.held <> coalesce(sum(i.quantity), 0)");
    check_none(
        databases, found, "sold differs from what was bought in paid orders", "orders",
        "SELECT t.id, t.sold, coalesce(sum(i.quantity), 0) FROM tickets t LEFT JOIN (SELECT ticket_id, "
        "quantity"
        " FROM order_items JOIN orders ON orders.id = order_id WHERE status = 'complete' AND cancelled_at "
        "IS NULL) i"
        " ON i.ticket_id = t.id GROUP BY t.id, t.sold HAVING t.sold <> coalesce(sum(i.quantity), 0)");
    check_none(databases, found, "a paid or awaiting order without a payment", "orders",
               "SELECT id, status, payment_id, leased_until FROM orders WHERE status IN ('awaiting:payment', "
               "'complete')"
               " AND (payment_id IS NULL OR (leased_until IS NULL) <> (status = 'complete'))");
    check_none(databases, found,
               "an order that holds only some of its items, none while it is open, or some after its end",
               "orders",
               "SELECT o.id, o.status, count(*), count(i.held_until) FROM orders o JOIN order_items i ON "
               "i.order_id = o.id"
               " GROUP BY o.id, o.status HAVING count(i.held_until) <> CASE WHEN o.status IN ('created', "
               "'awaiting:payment') THEN count(*) ELSE 0 END");
    check_none(
        databases, found, "more tickets than one buyer may have", "orders",
        "SELECT t.id, o.user_id, sum(i.quantity), t.max_per_buyer FROM tickets t JOIN order_items i ON "
        "i.ticket_id = t.id JOIN orders o ON o.id = i.order_id WHERE i.cancelled_at IS NULL AND o.status IN "
        "('created', 'awaiting:payment', 'complete') GROUP BY t.id, o.user_id, t.max_per_buyer "
        "HAVING sum(i.quantity) > t.max_per_buyer");
    // By version alone: the times are those of two transactions, perhaps by the clocks of two replicas.
    check_none(databases, found, "tickets returned although their seller had changed nothing", "orders",
               "SELECT i.order_id, i.ticket_id, i.ticket_version FROM order_items i WHERE i.reason = 'buyer' "
               "AND NOT "
               "EXISTS (SELECT 1 FROM offers v WHERE v.ticket_id = i.ticket_id AND v.changed_version > "
               "i.ticket_version)");
    check_none(databases, found, "an order without items", "orders",
               "SELECT id FROM orders WHERE id NOT IN (SELECT order_id FROM order_items)");
    check_none(
        databases, found, "a total that is not the sum of its items", "orders",
        "SELECT o.id, o.total_minor, sum(i.price_minor * i.quantity) FROM orders o JOIN order_items i ON "
        "i.order_id = o.id"
        " GROUP BY o.id, o.total_minor HAVING o.total_minor <> sum(i.price_minor * i.quantity)");
}

void find_broken_events(Databases& databases, std::vector<std::string>& found) {
    check_none(
        databases, found, "an order without exactly one event per version", "orders",
        "SELECT o.id, o.status, o.version, e.events, e.ends FROM orders o LEFT JOIN (SELECT entity_id, "
        "count(*) AS events,"
        " sum(CASE WHEN type = 'order.cancelled' THEN 1 ELSE 0 END) AS ends FROM outbox WHERE type LIKE "
        "'order.%' GROUP BY entity_id) e"
        " ON e.entity_id = o.id WHERE coalesce(e.events, 0) <> o.version OR e.ends <> CASE WHEN o.status = "
        "'cancelled' THEN 1 ELSE 0 END");
    check_none(databases, found, "a stock without exactly one event per version", "orders",
               "SELECT t.id, t.stock_version, e.events FROM tickets t LEFT JOIN (SELECT entity_id, count(*) "
               "AS events "
               "FROM outbox WHERE type = 'stock.set'"
               " GROUP BY entity_id) e ON e.entity_id = t.id WHERE coalesce(e.events, 0) <> t.stock_version");
    check_none(databases, found, "a listing without exactly one event per version", "tickets",
               "SELECT t.id, t.version, e.events FROM tickets t LEFT JOIN (SELECT entity_id, count(*) AS "
               "events FROM "
               "outbox WHERE type LIKE 'ticket.%'"
               " GROUP BY entity_id) e ON e.entity_id = t.id WHERE coalesce(e.events, 0) <> t.version");
    check_none(databases, found, "two users with the same email address", "auth",
               "SELECT lower(email), count(*) FROM users GROUP BY lower(email) HAVING count(*) > 1");
    for (const auto& service : services) {
        auto subject = std::string{entity};
        check_none(
            databases, found, "event versions with gaps or duplicates", service,
            "SELECT " + subject +
                ", entity_id, count(*), count(DISTINCT version), min(version), max(version) FROM outbox "
                "GROUP BY " +
                subject +
                ", entity_id HAVING count(*) <> max(version) OR count(DISTINCT version) <> count(*) OR "
                "min(version) <> 1");
        check_none(databases, found, "a dead letter", service,
                   "SELECT entity, entity_id, version, type, error FROM parked WHERE dead = 1");
        check_none(databases, found, "an idempotency key without a response", service,
                   "SELECT user_id, route, key FROM idempotency_keys WHERE status = 0");
    }
}

}  // namespace

std::vector<std::string> broken_invariants(Databases& databases) {
    std::vector<std::string> found;
    find_broken_search_entries(databases, found);
    find_broken_orders(databases, found);
    find_broken_events(databases, found);
    find_broken_admissions(databases, found);
    find_broken_money(databases, found);
    return found;
}

std::vector<std::string> not_yet_converged(Databases& databases, std::int64_t now_ms) {
    std::vector<std::string> found;
    for (const auto& [subscriber, publisher, entities] : subscriptions) {
        check_same(
            databases, found, "versions received", subscriber,
            "SELECT entity, entity_id, version FROM inbox WHERE entity IN (" + entities + ") ORDER BY 1, 2",
            publisher,
            "SELECT " + std::string{entity} + ", entity_id, max(version) FROM outbox WHERE " +
                std::string{entity} + " IN (" + entities + ") GROUP BY 1, 2 ORDER BY 1, 2");
    }
    for (const auto& service : services)
        check_none(databases, found, "a parked event", service,
                   "SELECT entity, entity_id, version, type, error FROM parked");
    check_same(databases, found, "tickets' projection of the stock", "tickets",
               "SELECT id, capacity, held, sold FROM tickets ORDER BY id", "orders",
               "SELECT id, capacity, held, sold FROM tickets ORDER BY id");
    std::string listing =
        "price_minor, currency, max_per_order, starts_at, status, version FROM tickets ORDER BY id";
    check_same(databases, found, "orders' projection of the listing", "orders",
               "SELECT id, seller_id, title, " + listing, "tickets", "SELECT id, user_id, title, " + listing);
    check_none(databases, found, "a listing on sale that searches don't find", "tickets",
               "SELECT id, version, search_version FROM tickets WHERE status = 'open' AND sort_date > " +
                   std::to_string(now_ms) +
                   " AND (search_version <> version OR id NOT IN (SELECT ticket_id FROM search_entries))");
    check_same(databases, found, "running timers", "expiration",
               "SELECT order_id, fires_at FROM timers ORDER BY 1", "orders",
               "SELECT id, coalesce(leased_until, expires_at) FROM orders WHERE status IN ('created', "
               "'awaiting:payment') ORDER BY 1");
    check_none(databases, found, "an expired hold that was not released", "orders",
               "SELECT id, expires_at FROM orders WHERE status IN ('created', 'awaiting:payment') AND "
               "coalesce(leased_until, expires_at) <= " +
                   std::to_string(now_ms));
    check_none(
        databases, found, "an open order for a cancelled listing", "orders",
        "SELECT o.id, o.status, t.id FROM tickets t JOIN order_items i ON i.ticket_id = t.id JOIN orders o "
        "ON o.id = "
        "i.order_id WHERE t.status = 'cancelled' AND o.status <> 'cancelled' AND i.cancelled_at IS NULL");
    check_same(databases, found, "email addresses", "notifications",
               "SELECT id, email, confirmed FROM people ORDER BY 1", "auth",
               "SELECT id, email, confirmed FROM users ORDER BY 1");
    check_same(databases, found, "names of sellers", "tickets", "SELECT id, name FROM sellers ORDER BY 1",
               "auth", "SELECT id, coalesce(seller_name, '') FROM users WHERE seller_version > 0 ORDER BY 1");
    check_same(databases, found, "purchases", "notifications",
               "SELECT order_id, ticket_id, user_id FROM purchases WHERE void = 0 ORDER BY 1, 2", "orders",
               "SELECT id, ticket_id, user_id FROM orders JOIN order_items ON order_id = id WHERE status = "
               "'complete' AND cancelled_at IS NULL ORDER BY 1, 2");
    check_none(databases, found, "a moved event whose buyers are not all emailed", "notifications",
               "SELECT ticket_id, last_user FROM moves");
    check_none(
        databases, found, "a buyer without an email about the moved event", "notifications",
        "SELECT ticket_id, user_id, moved_version FROM purchases JOIN listings ON id = ticket_id WHERE "
        "void = 0 AND listing_version < moved_version AND NOT EXISTS (SELECT 1 FROM mails WHERE mails.id "
        "= ticket_id || '.v' || moved_version || '.' || purchases.user_id || '.moved')");
    // If its sender was killed, an email stays leased for some minutes. Others wait until their recipient
    // confirms the address.
    check_none(databases, found, "a queued email", "notifications",
               "SELECT id, status, tries, error FROM mails WHERE status = 'queued' AND due_at < created_at + "
               "300000 AND NOT (coalesce(error, '') = 'the address is not confirmed' AND user_id IN"
               " (SELECT id FROM people WHERE confirmed = 0))");
    find_missing_passes(databases, found);
    find_unsettled_money(databases, found);
    return found;
}

}  // namespace stagedoor::testing
