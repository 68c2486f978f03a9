// The listings' rows and the statements on them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/tickets/listing.hpp"

namespace stagedoor::tickets::store {

// The columns of a Ticket, in its order; those of an OwnTicket are these and own_columns.
inline constexpr std::string_view columns =
    "id, user_id, title, price_minor, currency, quantity,"
    " CASE WHEN status = 'open' AND capacity > held + sold THEN capacity - held - sold ELSE 0 END,"
    " max_per_order, status, version, created_at, description, venue, city, category, starts_at, time_zone, "
    "seats";
inline constexpr std::string_view own_columns = "held, sold, earned_minor, currency";

// A price as searches compare and sort it: thousandths of the major unit, whatever the currency.
[[nodiscard]] std::int64_t sort_price(const Money& price);

Ticket insert(sql::Tx& tx, TicketId id, const UserId& seller, const NewTicket& wanted);

// Who wants to change a listing, and which version of it they have seen (nullopt: any).
struct Editor {
    UserId id;
    bool is_admin = false;
    std::optional<std::int64_t> seen_version;
};

// The listing after the edit. Throws NotFound, Forbidden (not the seller), Conflict (a newer version,
// withdrawn, or fewer than are held or sold as far as we know).
Ticket update(sql::Tx& tx, const TicketId& id, const Editor& editor, const EditedTicket& edit);

// The listing after its withdrawal; nullopt when it was closed before. Throws as update() does.
std::optional<Ticket> withdraw(sql::Tx& tx, const TicketId& id, const Editor& editor);

// The listing, open or withdrawn before, as it is called off; nullopt when it was so before. Throws as update() does.
std::optional<Ticket> cancel(sql::Tx& tx, const TicketId& id, const Editor& editor);

[[nodiscard]] std::optional<Ticket> find(sql::Tx& tx, const TicketId& id);

// A seller's own, newest first, those before `before` (all when empty).
[[nodiscard]] std::vector<OwnTicket> of_seller(sql::Tx& tx, const UserId& seller, const std::string& before,
                                               std::int64_t limit);

// What orders tells of a listing's stock; no new version of the listing.
void set_capacity(sql::Tx& tx, const TicketId& id, std::int64_t capacity);
void count_held(sql::Tx& tx, const TicketId& id, std::int64_t change);
// What was sold, or became void (less than 0), for `earned`; that counts when it is in the listing's currency.
void count_sold(sql::Tx& tx, const TicketId& id, std::int64_t change, const Money& price);

}  // namespace stagedoor::tickets::store
