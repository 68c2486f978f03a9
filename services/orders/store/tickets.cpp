#include "services/orders/store/tickets.hpp"

#include <stdexcept>

#include "common/runtime/mutation.hpp"  // seams for the simulation's mutants; false in every program
#include "services/orders/store/offers.hpp"

namespace stagedoor::orders::store {
namespace {

struct Stock {
    std::int64_t capacity = 0, version = 0;
};
BOOST_DESCRIBE_STRUCT(Stock, (), (capacity, version))

// Fewer held tickets than this are no pressure, however small the listing is.
constexpr int min_held_under_pressure = 20;

constexpr std::string_view enough_left = "held + sold + $2 <= capacity";

// The guarded UPDATE of hold(), with one more condition.
std::string hold_where(std::string_view condition, std::string_view stock_guard = enough_left) {
    return "UPDATE tickets SET held = held + $2 WHERE id = $1 AND status = 'open' AND " +
           std::string{stock_guard} +
           " AND $2 <= max_per_order AND seller_id <> $3 AND (starts_at IS NULL OR starts_at > $4) AND " +
           std::string{condition} +
           " RETURNING seller_id, title, price_minor, currency, version, max_per_buyer,"
           " CASE WHEN held - $2 >= " +
           std::to_string(min_held_under_pressure) +
           " AND (held - $2) * 2 >= capacity - sold THEN 1 ELSE 0 END";
}

}  // namespace

std::optional<HeldTicket> hold(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity,
                               const UserId& buyer, Instant now) {
    static const auto guarded = hold_where("true"), unguarded = hold_where("true", "true");
    const auto& statement = runtime::mutated(Mutation::hold_in_two_transactions) ? unguarded : guarded;
    return tx.find<HeldTicket>(statement, ticket, quantity, buyer, now);
}

std::optional<HeldTicket> hold_if_none_expired(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity,
                                               const UserId& buyer, Instant now) {
    // min() reads the first entry of the index. With EXISTS, PostgreSQL would expect many expired rows and
    // scan the table.
    static const auto statement = hold_where(
        "NOT coalesce((SELECT min(held_until) FROM order_items"
        " WHERE ticket_id = $1 AND held_until IS NOT NULL) <= $4, false)");
    return tx.find<HeldTicket>(statement, ticket, quantity, buyer, now);
}

void release(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity) {
    tx.send("UPDATE tickets SET held = held - $2 WHERE id = $1", ticket, quantity);
}

void release(sql::Tx& tx, const Quantities& quantities) {
    for (const auto& [ticket, quantity] : quantities) release(tx, ticket, quantity);
}

void sell(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity) {
    tx.send("UPDATE tickets SET held = held - $2, sold = sold + $2 WHERE id = $1", ticket, quantity);
}

void void_sale(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity) {
    tx.send("UPDATE tickets SET sold = sold - $2 WHERE id = $1", ticket, quantity);
}

bool close_returns(sql::Tx& tx, const TicketId& ticket) {
    return tx.execute("UPDATE tickets SET returns_closed_at = coalesce(returns_closed_at, $2) WHERE id = $1",
                      ticket, tx.now())
               .rows == 1;
}

void add_cancelled_listing(sql::Tx& tx, const TicketId& ticket) {
    tx.send("INSERT INTO called_off(ticket_id) VALUES ($1) ON CONFLICT DO NOTHING", ticket);
    tx.notify(cancelled_listings_channel);
}

std::vector<TicketId> cancelled_listings(sql::Tx& tx) {
    return tx.query<TicketId>("SELECT ticket_id FROM called_off ORDER BY ticket_id LIMIT 100");
}

void finish_cancelled_listing(sql::Tx& tx, const TicketId& ticket) {
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
    save_offer(tx, listing);
    tx.send(R"(
        INSERT INTO tickets(id, seller_id, title, price_minor, currency, max_per_order, starts_at, status,
                            version, capacity, max_per_buyer, stock_version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10, 1))",
            listing.id, listing.user_id, listing.title, listing.price.minor, listing.price.currency,
            listing.max_per_order, listing.starts_at, listing.version, listing.quantity,
            listing.max_per_buyer);
    return {listing.id, listing.quantity, 1};
}

contracts::StockSet change_listing(sql::Tx& tx, const contracts::Listing& listing, ListingStatus status) {
    save_offer(tx, listing);
    auto stock = tx.find<Stock>(R"(
        UPDATE tickets
           SET title = $2, price_minor = $3, currency = $4, max_per_order = $5, starts_at = $6, status = $7,
               version = $8, capacity = CASE WHEN $9 > held + sold THEN $9 ELSE held + sold END,
               max_per_buyer = $10, stock_version = stock_version + 1
         WHERE id = $1
        RETURNING capacity, stock_version)",
                                listing.id, listing.title, listing.price.minor, listing.price.currency,
                                listing.max_per_order, listing.starts_at, status, listing.version,
                                listing.quantity, listing.max_per_buyer);
    if (!stock) throw std::logic_error("an event changes a listing that was never created");
    if (runtime::mutated(Mutation::edit_below_held)) {
        tx.send("UPDATE tickets SET capacity = $2 WHERE id = $1", listing.id, listing.quantity);
        stock->capacity = listing.quantity;
    }
    return {listing.id, stock->capacity, stock->version};
}

}  // namespace stagedoor::orders::store
