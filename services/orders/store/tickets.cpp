#include "services/orders/store/tickets.hpp"

#include <stdexcept>

namespace stagedoor::orders::store {
namespace {

struct Stock {
    std::int64_t capacity = 0, version = 0;
};
BOOST_DESCRIBE_STRUCT(Stock, (), (capacity, version))

// A statement that holds when `condition` is true as well.
std::string hold_where(std::string_view condition) {
    return "UPDATE tickets SET held = held + $2"
           " WHERE id = $1 AND status = 'open' AND held + sold + $2 <= capacity AND $2 <= max_per_order"
           " AND seller_id <> $3 AND (starts_at IS NULL OR starts_at > $4) AND " +
           std::string{condition} + " RETURNING seller_id, title, price_minor, currency, version";
}

}  // namespace

std::optional<HeldTicket> hold(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity,
                               const UserId& buyer, Instant now) {
    static const auto statement = hold_where("true");
    return tx.find<HeldTicket>(statement, ticket, quantity, buyer, now);
}

std::optional<HeldTicket> hold_if_none_ran_out(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity,
                                               const UserId& buyer, Instant now) {
    // The first of the index, and not whether there is any: PostgreSQL expects many that ran out, and would look for one
    // through the whole table.
    static const auto statement = hold_where(
        "NOT coalesce((SELECT min(held_until) FROM order_items"
        " WHERE ticket_id = $1 AND held_until IS NOT NULL) <= $4, false)");
    return tx.find<HeldTicket>(statement, ticket, quantity, buyer, now);
}

void release(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity) {
    tx.send("UPDATE tickets SET held = held - $2 WHERE id = $1", ticket, quantity);
}

void sell(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity) {
    tx.send("UPDATE tickets SET held = held - $2, sold = sold + $2 WHERE id = $1", ticket, quantity);
}

void take_back_sale(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity) {
    tx.send("UPDATE tickets SET sold = sold - $2 WHERE id = $1", ticket, quantity);
}

void add_called_off(sql::Tx& tx, const TicketId& ticket) {
    tx.send("INSERT INTO called_off(ticket_id) VALUES ($1) ON CONFLICT DO NOTHING", ticket);
    tx.notify(called_off_channel);
}

std::vector<TicketId> called_off(sql::Tx& tx) {
    return tx.query<TicketId>("SELECT ticket_id FROM called_off ORDER BY ticket_id LIMIT 100");
}

void finish_calling_off(sql::Tx& tx, const TicketId& ticket) {
    tx.send(R"(
        DELETE FROM called_off
         WHERE ticket_id = $1
           AND NOT EXISTS (SELECT 1 FROM order_items JOIN orders ON orders.id = order_items.order_id
                            WHERE order_items.ticket_id = $1 AND order_items.cancelled_at IS NULL
                              AND orders.status <> 'cancelled'))",
            ticket);
}

std::optional<TicketState> find_ticket(sql::Tx& tx, const TicketId& ticket) {
    return tx.find<TicketState>(
        "SELECT seller_id, title, max_per_order, starts_at, status, capacity - held - sold FROM tickets "
        "WHERE id = $1",
        ticket);
}

contracts::StockSet add_listing(sql::Tx& tx, const contracts::Listing& listing) {
    tx.send(R"(
        INSERT INTO tickets(id, seller_id, title, price_minor, currency, max_per_order, starts_at, status, version, capacity, stock_version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, 1))",
            listing.id, listing.user_id, listing.title, listing.price.minor, listing.price.currency,
            listing.max_per_order, listing.starts_at, listing.version, listing.quantity);
    return {listing.id, listing.quantity, 1};
}

contracts::StockSet change_listing(sql::Tx& tx, const contracts::Listing& listing, std::string_view status) {
    auto stock =
        tx.find<Stock>(R"(
        UPDATE tickets
           SET title = $2, price_minor = $3, currency = $4, max_per_order = $5, starts_at = $6, status = $7, version = $8,
               capacity = CASE WHEN $9 > held + sold THEN $9 ELSE held + sold END, stock_version = stock_version + 1
         WHERE id = $1
        RETURNING capacity, stock_version)",
                       listing.id, listing.title, listing.price.minor, listing.price.currency,
                       listing.max_per_order, listing.starts_at, status, listing.version, listing.quantity);
    if (!stock) throw std::logic_error("a listing was changed that was never created");
    return {listing.id, stock->capacity, stock->version};
}

}  // namespace stagedoor::orders::store
