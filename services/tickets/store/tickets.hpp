// The listings' rows.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/http/routing/extract.hpp"
#include "common/sql/tx.hpp"
#include "contracts/events/orders.hpp"
#include "services/tickets/listing.hpp"
#include "services/tickets/store/vocabulary.hpp"

namespace stagedoor::tickets::store {

// The columns of a Ticket, in its member order. An OwnTicket has these and then own_columns.
inline constexpr std::string_view columns =
    "id, user_id, title, price_minor, currency, quantity,"
    " CASE WHEN status = 'open' AND capacity > held + sold THEN capacity - held - sold ELSE 0 END,"
    " max_per_order, status, version, created_at, description, venue, city, category, starts_at, time_zone, "
    "seats, max_per_buyer, event, picture, picture_width, picture_height";
inline constexpr std::string_view own_columns = "held, sold, earned_minor, currency";

// The sort_date of listings without a date: after all others.
inline constexpr std::int64_t end_of_time = 9'000'000'000'000'000;
[[nodiscard]] std::int64_t sort_date(const std::optional<Instant>& starts_at);

// The price that searches filter and sort by, within a currency: thousandths of the major unit.
[[nodiscard]] std::int64_t sort_price(const Money& price);

// A listing to be created, with the words by which it is found: to be made outside of the transaction, which
// holds others up.
struct NewListing {
    NewListing(TicketId id, const UserId& seller, const NewTicket& listing);

    Ticket ticket;
    SearchText text;
};

// Puts the listings on sale, with their entries for searches, as all changes here, and publishes
// ticket.created for each. Returns them in the same order. Throws Invalid for a picture that the seller
// doesn't have.
std::vector<Ticket> create(sql::Tx& tx, KnownWords& known, std::span<const NewListing> listings);

// Who changes a listing, and the version it must still have (nullopt: any).
struct Editor {
    UserId id;
    bool is_admin = false;
    std::optional<std::int64_t> expected_version;
    bool is_precondition =
        false;  // of the request's headers: another version is PreconditionFailed, not Conflict
};

// The same with the request's preconditions, if it has any; they override `expected_version`.
[[nodiscard]] Editor with_preconditions(sql::Tx& tx, const TicketId& id, Editor editor,
                                        const http::IfMatch& if_match);

// Returns the listing after the edit. Throws NotFound, Forbidden (neither seller nor admin),
// PreconditionFailed, Conflict (a newer version, withdrawn, cancelled, or a quantity below what tickets
// counts as held and sold) or Invalid (a price that its currency can't have, unless the listing already has
// it).
Ticket update(sql::Tx& tx, KnownWords& known, const TicketId& id, const Editor& editor,
              const EditedTicket& edit);

// Withdraws an open listing and returns it; nullopt if already withdrawn or cancelled. Throws like update().
std::optional<Ticket> withdraw(sql::Tx& tx, const TicketId& id, const Editor& editor);

// Cancels an open or withdrawn listing and returns it; nullopt if already cancelled. Throws like update().
std::optional<Ticket> cancel(sql::Tx& tx, const TicketId& id, const Editor& editor);

[[nodiscard]] std::optional<Ticket> find(sql::Tx& tx, const TicketId& id);

// A page of the seller's listings, newest first; if `before` is not empty, only older ones than that.
[[nodiscard]] std::vector<OwnTicket> of_seller(sql::Tx& tx, const UserId& seller, const std::string& before,
                                               std::int64_t limit);

// Counters from order events. They do not change the listing's version.
void set_capacity(sql::Tx& tx, const TicketId& id, std::int64_t capacity);

// Adds up what orders change in several listings, each of which is then updated once.
class CounterChanges {
  public:
    // Adds tickets held and sold (negative: released, voided). The amount earned only adds up the listing's
    // currency.
    void add(const contracts::OrderLine& item, std::int64_t held, std::int64_t sold);
    void write(sql::Tx& tx) const;

  private:
    struct Change {
        std::int64_t held = 0, sold = 0, earned_minor = 0;
    };
    std::map<std::pair<TicketId, Currency>, Change> changes_;  // in the order in which they lock the listings
};

}  // namespace stagedoor::tickets::store
