// The parts of the services' API responses that pages show. Unknown members are ignored.
#pragma once

#include <algorithm>
#include <boost/describe.hpp>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "contracts/ids.hpp"
#include "contracts/instant.hpp"
#include "contracts/money.hpp"

namespace stagedoor::client {

struct Listing {
    TicketId id;
    UserId user_id;  // the seller
    std::string title;
    Money price;
    std::int64_t quantity = 0, available = 0, version = 0;
    std::string status;
    std::optional<std::int64_t> max_per_order, max_per_buyer;
    std::optional<std::string> description, venue, city, category, time_zone, seats;
    std::optional<Instant> starts_at;
    std::optional<std::string> event;  // the same for all listings of the event
    std::optional<std::string> picture;
    std::optional<std::int64_t> picture_width, picture_height;

    [[nodiscard]] bool open() const { return status == "open"; }
    [[nodiscard]] bool cancelled() const { return status == "cancelled"; }
    [[nodiscard]] std::string zone() const { return time_zone.value_or("UTC"); }
};
BOOST_DESCRIBE_STRUCT(Listing, (),
                      (id, user_id, title, price, quantity, available, version, status, max_per_order,
                       max_per_buyer, description, venue, city, category, time_zone, seats, starts_at, event,
                       picture, picture_width, picture_height))

// GET /api/tickets/cities
struct CityListings {
    std::string name;
    std::int64_t listings = 0;
};
BOOST_DESCRIBE_STRUCT(CityListings, (), (name, listings))

// GET /api/tickets/sellers/:id
struct SellerRecord {
    Instant since;
    std::int64_t sold = 0;
    bool more = false;
    std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(SellerRecord, (), (since, sold, more, name))

// GET /api/tickets/sellers
struct NamedSeller {
    UserId id;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(NamedSeller, (), (id, name))

// GET /api/tickets/summary
struct SearchSummary {
    std::int64_t count = 0;
    bool more = false;
    std::optional<std::string> searched_for, did_you_mean;
};
BOOST_DESCRIBE_STRUCT(SearchSummary, (), (count, more, searched_for, did_you_mean))

// With the figures that only its seller gets.
struct OwnListing : Listing {
    std::optional<std::int64_t> held, sold;
    std::optional<Money> earned;
};
BOOST_DESCRIBE_STRUCT(OwnListing, (Listing), (held, sold, earned))

// As it was when it was ordered.
struct OrderedTicket {
    TicketId id;
    std::string title;
    Money price;  // per ticket
    std::optional<Instant> starts_at;
    std::optional<std::string> time_zone, venue, city, seats;
};
BOOST_DESCRIBE_STRUCT(OrderedTicket, (), (id, title, price, starts_at, time_zone, venue, city, seats))

struct OrderItem {
    OrderedTicket ticket;
    std::int64_t quantity = 0;
    std::optional<Instant> cancelled_at;  // set if these tickets are void
    std::optional<std::string> reason;    // why they are void
    std::optional<Instant> return_until;  // set if the seller has changed the event, and they can be returned

    [[nodiscard]] bool returned() const { return cancelled_at && reason == "buyer"; }
};
BOOST_DESCRIBE_STRUCT(OrderItem, (), (ticket, quantity, cancelled_at, reason, return_until))

struct Order {
    OrderId id;
    UserId user_id;  // the buyer
    std::string status;
    std::int64_t version = 0;
    Instant expires_at;
    Money total;
    std::vector<OrderItem> items;
    std::optional<Instant> created_at;
    std::optional<std::string> reason;  // why it was cancelled

    [[nodiscard]] std::int64_t void_items() const {
        return std::ranges::count_if(items, [](const auto& item) { return item.cancelled_at.has_value(); });
    }
    [[nodiscard]] bool all_void() const { return void_items() == std::ssize(items); }
    [[nodiscard]] bool any_returned() const { return std::ranges::any_of(items, &OrderItem::returned); }
};
BOOST_DESCRIBE_STRUCT(Order, (), (id, user_id, status, version, expires_at, total, items, created_at, reason))

struct Refund {
    Money amount;
    std::string reason;
    std::optional<Instant> done_at;  // nullopt while pending
};
BOOST_DESCRIBE_STRUCT(Refund, (), (amount, reason, done_at))

// One attempt to pay for an order.
struct Payment {
    std::string status;
    Money amount;
    std::optional<std::string> reason;  // why it failed
    Instant created_at;
    std::vector<Refund> refunds;

    [[nodiscard]] bool in_progress() const { return status == "started" || status == "charging"; }
    [[nodiscard]] bool succeeded() const { return status == "succeeded"; }
};
BOOST_DESCRIBE_STRUCT(Payment, (), (status, amount, reason, created_at, refunds))

// The payment provider.
struct Provider {
    std::string name;
    std::optional<std::string> publishable_key;
};
BOOST_DESCRIBE_STRUCT(Provider, (), (name, publishable_key))

// A seller's earnings in one currency.
struct Balance {
    Money sold, fees, refunded, balance;
};
BOOST_DESCRIBE_STRUCT(Balance, (), (sold, fees, refunded, balance))

// GET /api/payments/sales: a day in one currency
struct SalesDay {
    std::string day;  // "2026-11-30"
    std::int64_t tickets = 0, tickets_returned = 0;
    Money sold, fees, refunded, fees_returned;
};
BOOST_DESCRIBE_STRUCT(SalesDay, (), (day, tickets, tickets_returned, sold, fees, refunded, fees_returned))

// GET /api/payments/ledger
struct LedgerTicket {
    TicketId id;
    std::optional<std::string> title;
    std::optional<std::int64_t> quantity;
};
BOOST_DESCRIBE_STRUCT(LedgerTicket, (), (id, title, quantity))
struct LedgerEntry {
    Instant at;
    std::string kind;
    OrderId order_id;
    Money amount, fee;
    std::vector<LedgerTicket> tickets;
};
BOOST_DESCRIBE_STRUCT(LedgerEntry, (), (at, kind, order_id, amount, fee, tickets))

// GET /api/orders/sales: an order of a listing
struct Sale {
    OrderId order_id;
    Instant created_at;
    std::int64_t quantity = 0;
    Money total;
    std::string status;
};
BOOST_DESCRIBE_STRUCT(Sale, (), (order_id, created_at, quantity, total, status))

// GET /api/orders/sales/days
struct SoldDay {
    std::string day;
    std::int64_t tickets = 0;
    Money sold;
};
BOOST_DESCRIBE_STRUCT(SoldDay, (), (day, tickets, sold))

// GET /api/users/currentuser
struct PresentUser {
    std::string email;
    bool confirmed = false;
    std::optional<std::string> name;  // that buyers see
};
BOOST_DESCRIBE_STRUCT(PresentUser, (), (email, confirmed, name))
struct CurrentUser {
    std::optional<PresentUser> current_user;
};
BOOST_DESCRIBE_STRUCT(CurrentUser, (), (current_user))

struct Session {
    SessionId id;
    Instant created_at;
    std::optional<Instant> last_seen_at;
    std::optional<std::string> user_agent;
    bool current = false;
};
BOOST_DESCRIBE_STRUCT(Session, (), (id, created_at, last_seen_at, user_agent, current))

// A ticket that admits one person once. The API calls it a pass; "ticket" there is a listing.
struct PassOffer {
    std::string id;
    Instant created_at;
};
BOOST_DESCRIBE_STRUCT(PassOffer, (), (id, created_at))

struct Pass {
    std::string id, serial;
    std::int64_t number = 0;  // in its order
    TicketId ticket_id;
    OrderId order_id;
    std::string title, status;
    std::optional<Instant> starts_at;
    std::optional<std::string> time_zone, venue, city, seats;
    Instant created_at;
    std::optional<Instant> admitted_at;
    std::optional<PassOffer> offer;  // to pass it on; not claimed yet
    std::string transfers;
    std::optional<std::int64_t> transfers_left;

    [[nodiscard]] bool revoked() const { return status == "revoked"; }
};
BOOST_DESCRIBE_STRUCT(Pass, (),
                      (id, serial, number, ticket_id, order_id, title, status, starts_at, time_zone, venue,
                       city, seats, created_at, admitted_at, offer, transfers, transfers_left))

struct PassRotation {
    std::string secret;
    std::int64_t step_seconds = 0;
};
BOOST_DESCRIBE_STRUCT(PassRotation, (), (secret, step_seconds))

struct PassChange {
    Instant since;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(PassChange, (), (since, reason))

struct PassDetail : Pass {
    std::optional<std::string> code;
    std::optional<PassRotation> rotation;
    std::optional<std::vector<std::string>> wallets;
    std::vector<PassChange> history;
};
BOOST_DESCRIBE_STRUCT(PassDetail, (Pass), (code, rotation, wallets, history))

// A ticket that somebody passes on, as whoever has the link sees it.
struct Transfer {
    std::string title, status;
    std::optional<Instant> starts_at;
    std::optional<std::string> time_zone, venue, city, seats;
};
BOOST_DESCRIBE_STRUCT(Transfer, (), (title, status, starts_at, time_zone, venue, city, seats))

struct WalletLink {
    std::string url;
};
BOOST_DESCRIBE_STRUCT(WalletLink, (), (url))

struct TransferLink {
    std::string link;
};
BOOST_DESCRIBE_STRUCT(TransferLink, (), (link))

// GET /api/admissions/listings/:id
struct DoorSettings {
    std::string transfers, reentry, mode;
    std::optional<std::int64_t> max_transfers;
    bool rotating = false;
};
BOOST_DESCRIBE_STRUCT(DoorSettings, (), (transfers, reentry, mode, max_transfers, rotating))

struct DoorCounts {
    std::int64_t issued = 0, valid = 0, revoked = 0, admitted = 0, inside = 0;
};
BOOST_DESCRIBE_STRUCT(DoorCounts, (), (issued, valid, revoked, admitted, inside))

struct Door {
    std::string id, name, role;
    std::optional<Instant> expires_at, revoked_at;
    std::int64_t scanners = 0, admitted = 0, refused = 0;
};
BOOST_DESCRIBE_STRUCT(Door, (), (id, name, role, expires_at, revoked_at, scanners, admitted, refused))

struct ListingDoors {
    DoorSettings settings;
    DoorCounts counts;
    std::vector<Door> doors;
    std::int64_t duplicates = 0;
};
BOOST_DESCRIBE_STRUCT(ListingDoors, (), (settings, counts, doors, duplicates))

// POST /api/admissions/listings/:id/doors
struct NewDoor {
    std::string name, link;
};
BOOST_DESCRIBE_STRUCT(NewDoor, (), (name, link))

struct ArrivalCount {
    Instant at;
    std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(ArrivalCount, (), (at, count))
struct DoorArrivals {
    std::string name;
    std::vector<ArrivalCount> arrivals;
};
BOOST_DESCRIBE_STRUCT(DoorArrivals, (), (name, arrivals))
struct Arrivals {
    std::int64_t step_seconds = 0;
    std::vector<DoorArrivals> doors;
};
BOOST_DESCRIBE_STRUCT(Arrivals, (), (step_seconds, doors))

struct Admission {
    std::string door;
    Instant at;
};
BOOST_DESCRIBE_STRUCT(Admission, (), (door, at))
// A ticket that two doors admitted.
struct DuplicateAdmission {
    std::string serial;
    std::optional<Admission> first;  // none: it was no longer valid
    Admission second;
};
BOOST_DESCRIBE_STRUCT(DuplicateAdmission, (), (serial, first, second))

// An error response.
struct ErrorEntry {
    std::string message;
    std::optional<std::string> field;
};
BOOST_DESCRIBE_STRUCT(ErrorEntry, (), (message, field))
struct ErrorBody {
    std::vector<ErrorEntry> errors;
};
BOOST_DESCRIBE_STRUCT(ErrorBody, (), (errors))

}  // namespace stagedoor::client
