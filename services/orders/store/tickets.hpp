// The stock of each ticket: capacity, held, sold. Each change is one statement.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/sql/tx.hpp"
#include "contracts/events/tickets.hpp"

namespace stagedoor::orders::store {

// The name of a ticket's row in WriteOptions::hot_rows.
[[nodiscard]] inline std::string hot_row(const TicketId& ticket) { return "ticket " + ticket.text; }

// The part of a ticket that is copied into an order that holds it.
struct HeldTicket {
    UserId seller_id;
    std::string title;
    Money price;
    std::int64_t version = 0;
    std::optional<std::int64_t> max_per_buyer;
    // At least 20 tickets, and at least half of the unsold ones, were already held: worth a proof of work.
    bool under_pressure = false;
};
BOOST_DESCRIBE_STRUCT(HeldTicket, (), (seller_id, title, price, version, max_per_buyer, under_pressure))

// Holds `quantity` of a ticket. Returns nullopt and holds nothing if fewer are left, `quantity` exceeds
// maxPerOrder, the event has started, the buyer is the seller, or the ticket is not on sale or unknown. One
// guarded UPDATE: two buyers can't both get the last one.
[[nodiscard]] std::optional<HeldTicket> hold(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity,
                                             const UserId& buyer, Instant now);

// The same, but also holds nothing if an expired order still holds some of these tickets, which must then be
// released first.
[[nodiscard]] std::optional<HeldTicket> hold_if_none_expired(sql::Tx& tx, const TicketId& ticket,
                                                             std::int64_t quantity, const UserId& buyer,
                                                             Instant now);

// Held tickets go back on sale.
void release(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity);

// How many of each ticket, in the order in which a transaction locks tickets' rows.
using Quantities = std::map<TicketId, std::int64_t>;
void release(sql::Tx& tx, const Quantities& quantities);

// Held becomes sold.
void sell(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity);

// Sold tickets become void: their listing was cancelled, or their buyer returned them.
void void_sale(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity);

// From now on no ticket of this listing can be returned. False if the listing is not known yet.
[[nodiscard]] bool close_returns(sql::Tx& tx, const TicketId& ticket);

// ---- Cancelled listings with orders still to process, in a table with an older name, called_off

// Channel for Database::listen, notified when one is added.
inline constexpr std::string_view cancelled_listings_channel = "cancelled listings";

void add_cancelled_listing(sql::Tx& tx, const TicketId& ticket);
// At most 100 of them.
[[nodiscard]] std::vector<TicketId> cancelled_listings(sql::Tx& tx);
// Removes it, unless it still has orders that are neither cancelled nor void.
void finish_cancelled_listing(sql::Tx& tx, const TicketId& ticket);

enum class ListingStatus { open, withdrawn, cancelled };
constexpr auto wire_names(ListingStatus) {
    return std::array{std::pair{ListingStatus::open, std::string_view{"open"}},
                      std::pair{ListingStatus::withdrawn, std::string_view{"withdrawn"}},
                      std::pair{ListingStatus::cancelled, std::string_view{"cancelled"}}};
}

// What hold() checks, to explain why it held nothing.
struct TicketState {
    UserId seller_id;
    std::string title;
    std::int64_t max_per_order = 0;
    std::optional<Instant> starts_at;
    ListingStatus status = ListingStatus::open;
    std::int64_t left = 0;
};
BOOST_DESCRIBE_STRUCT(TicketState, (), (seller_id, title, max_per_order, starts_at, status, left))
[[nodiscard]] std::optional<TicketState> find_ticket(sql::Tx& tx, const TicketId& ticket);

// These update our projection of a listing and its stock, and return the new stock to be published. Existing
// holds win: capacity = max(wanted, held + sold).
contracts::StockSet add_listing(sql::Tx& tx, const contracts::Listing& listing);
contracts::StockSet change_listing(sql::Tx& tx, const contracts::Listing& listing, ListingStatus status);

}  // namespace stagedoor::orders::store
