// The stock: what there is of each ticket, held and sold. Each function is one guarded statement.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "contracts/events/tickets.hpp"

namespace stagedoor::orders::store {

// What a ticket's row is called where it is named to the database as one that many want.
[[nodiscard]] inline std::string hot_row(const TicketId& ticket) { return "ticket " + ticket.text; }

// What of a ticket is copied into the order that holds it.
struct HeldTicket {
    UserId seller_id;
    std::string title;
    Money price;
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(HeldTicket, (), (seller_id, title, price, version))

// Holds `quantity` of a ticket, or nothing: when fewer are left, more than maxPerOrder are wanted, the event
// is past, the buyer sells it, it is withdrawn or unknown. One statement: two buyers can't both win the last
// one.
[[nodiscard]] std::optional<HeldTicket> hold(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity,
                                             const UserId& buyer, Instant now);

// The same, but nothing also when some order of it ran out and still holds tickets: those are to be given back first.
[[nodiscard]] std::optional<HeldTicket> hold_if_none_ran_out(sql::Tx& tx, const TicketId& ticket,
                                                             std::int64_t quantity, const UserId& buyer,
                                                             Instant now);

// Gives back what an order held.
void release(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity);

// What an order held is paid for.
void sell(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity);

// What was sold of a listing that is called off is void.
void take_back_sale(sql::Tx& tx, const TicketId& ticket, std::int64_t quantity);

// ---- listings whose orders are to be called off

// Database::listen to this channel to hear of one.
inline constexpr std::string_view called_off_channel = "called off";

void add_called_off(sql::Tx& tx, const TicketId& ticket);
[[nodiscard]] std::vector<TicketId> called_off(sql::Tx& tx);
// Forgets it, unless there are orders of it that are neither cancelled nor void.
void finish_calling_off(sql::Tx& tx, const TicketId& ticket);

// What hold() looks at, to explain why it held nothing.
struct TicketState {
    UserId seller_id;
    std::string title;
    std::int64_t max_per_order = 0;
    std::optional<Instant> starts_at;
    std::string status;
    std::int64_t left = 0;
};
BOOST_DESCRIBE_STRUCT(TicketState, (), (seller_id, title, max_per_order, starts_at, status, left))
[[nodiscard]] std::optional<TicketState> find_ticket(sql::Tx& tx, const TicketId& ticket);

// Keep our copy of a listing, and make the stock what the seller now wants; holds win: capacity = max(wanted,
// held + sold). They give the stock as it is then, to be told.
contracts::StockSet add_listing(sql::Tx& tx, const contracts::Listing& listing);
contracts::StockSet change_listing(sql::Tx& tx, const contracts::Listing& listing, std::string_view status);

}  // namespace stagedoor::orders::store
