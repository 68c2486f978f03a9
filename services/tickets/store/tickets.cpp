#include "services/tickets/store/tickets.hpp"

#include "common/errors.hpp"
#include "common/messaging/outbox.hpp"
#include "common/runtime/mutation.hpp"
#include "common/sql/row_inserter.hpp"
#include "services/tickets/store/changes.hpp"
#include "services/tickets/store/entries.hpp"
#include "services/tickets/store/pictures.hpp"

namespace stagedoor::tickets::store {
namespace {

constexpr std::int64_t no_version = 0;  // versions start at 1

std::optional<std::int64_t> event_day(const Details& details) {
    return local_day(details.starts_at, details.time_zone ? details.time_zone->value : "");
}

template <std::size_t Max>
std::optional<std::string> non_empty(const std::optional<json::Text<0, Max>>& text) {
    return text && !text->value.empty() ? std::optional{text->value} : std::nullopt;
}

Ticket new_ticket(TicketId id, const UserId& seller, const NewTicket& listing) {
    Ticket ticket{.id = std::move(id),
                  .user_id = seller,
                  .title = listing.title,
                  .price = listing.price,
                  .quantity = listing.quantity,
                  .available = listing.quantity,
                  .max_per_order = listing.max_per_order,
                  .status = TicketStatus::open,
                  .version = 1,
                  .description = non_empty(listing.description),
                  .venue = non_empty(listing.venue),
                  .city = non_empty(listing.city),
                  .category = listing.category,
                  .starts_at = listing.starts_at,
                  .time_zone = non_empty(listing.time_zone),
                  .seats = non_empty(listing.seats),
                  .max_per_buyer = {},
                  .event = {},
                  .picture = non_empty(listing.picture)};
    if (listing.max_per_buyer) ticket.max_per_buyer = *listing.max_per_buyer;
    ticket.event = event_key(ticket);
    return ticket;
}

void insert(sql::Tx& tx, std::span<const Ticket> tickets) {
    sql::RowInserter rows{tx,
                          "tickets(id, user_id, title, price_minor, currency, quantity, capacity,"
                          " max_per_order, status, version, created_at, description, venue, city, category,"
                          " starts_at, time_zone, seats, sort_date, sort_price, local_day, max_per_buyer,"
                          " event, search_version, picture, picture_width, picture_height)"};
    for (const auto& each : tickets) {
        rows.add(each.id, each.user_id, each.title, each.price.minor, each.price.currency, each.quantity,
                 each.quantity, each.max_per_order, each.status, each.version, each.created_at,
                 each.description, each.venue, each.city, each.category, each.starts_at, each.time_zone,
                 each.seats, sort_date(each.starts_at), sort_price(each.price),
                 local_day(each.starts_at, each.time_zone.value_or("")), each.max_per_buyer, each.event,
                 each.version, each.picture, each.picture_width, each.picture_height);
    }
    rows.flush();
}

[[noreturn]] void throw_no_picture() {
    throw Invalid("This picture is no longer there. Upload it again"_text, "picture");
}

Message has_changed(const Ticket& ticket) {
    return "This listing has changed. Reload it and try again (current version: {version})"_text.with(
        "version", std::to_string(ticket.version));
}

// Throws the reason why a guarded UPDATE matched no row.
[[noreturn]] void throw_edit_error(sql::Tx& tx, const TicketId& id, const Editor& editor,
                                   const Money* new_price = nullptr) {
    auto ticket = find(tx, id);
    if (!ticket) throw NotFound("Listing not found"_text);
    if (ticket->user_id != editor.id && !editor.is_admin)
        throw Forbidden("Only the seller can change this listing"_text);
    if (editor.expected_version && *editor.expected_version != ticket->version) {
        if (editor.is_precondition) throw PreconditionFailed(has_changed(*ticket), "If-Match");
        throw Conflict(has_changed(*ticket), "version");
    }
    if (ticket->status == TicketStatus::withdrawn) throw Conflict("This listing was withdrawn"_text);
    if (ticket->status == TicketStatus::cancelled) throw Conflict("This listing was cancelled"_text);
    if (new_price && *new_price != ticket->price) {
        if (auto problem = price_problem(*new_price)) throw Invalid(std::move(*problem), "price");
    }
    throw Conflict("Quantity cannot be less than the number of tickets held or sold"_text, "quantity");
}

// The listing's status, if the editor may change it.
std::optional<TicketStatus> status_if_editable(sql::Tx& tx, const TicketId& id, const Editor& editor) {
    auto ticket = find(tx, id);
    if (!ticket || (ticket->user_id != editor.id && !editor.is_admin)) return std::nullopt;
    return ticket->status;
}

}  // namespace

// The guard of the UPDATE decides: if the version changes in between, it matches no row.
Editor with_preconditions(sql::Tx& tx, const TicketId& id, Editor editor, const http::IfMatch& if_match) {
    if (!if_match.is_given()) return editor;
    auto ticket = find(tx, id);
    editor.expected_version = ticket && if_match.allows(ticket->version) ? ticket->version : no_version;
    editor.is_precondition = true;
    return editor;
}

std::int64_t sort_date(const std::optional<Instant>& starts_at) {
    return starts_at ? starts_at->milliseconds : end_of_time;
}

std::int64_t sort_price(const Money& price) {
    auto thousandths = price.minor;
    for (auto decimals = price.currency.decimals(); decimals < 3; ++decimals) thousandths *= 10;
    return thousandths;
}

NewListing::NewListing(TicketId id, const UserId& seller, const NewTicket& listing)
    : ticket(new_ticket(std::move(id), seller, listing)), text(ticket) {}

std::vector<Ticket> create(sql::Tx& tx, KnownWords& known, std::span<const NewListing> listings) {
    std::vector<Ticket> tickets;
    std::vector<const SearchText*> texts;
    for (const auto& each : listings) {
        tickets.push_back(each.ticket);
        auto& ticket = tickets.back();
        ticket.created_at = tx.now();
        if (ticket.picture) {
            auto taken = take_picture(tx, *ticket.picture, ticket.user_id);
            if (!taken) throw_no_picture();
            ticket.picture_width = taken->width;
            ticket.picture_height = taken->height;
        }
        texts.push_back(&each.text);
    }
    insert(tx, tickets);
    write_entries(tx, known, tickets, texts);
    std::vector<contracts::TicketCreated> events;
    events.reserve(tickets.size());
    for (const auto& ticket : tickets) events.push_back({to_event(ticket)});
    outbox::publish_all(tx, events);
    listings_changed(tx);
    return tickets;
}

Ticket update(sql::Tx& tx, KnownWords& known, const TicketId& id, const Editor& editor,
              const EditedTicket& edit) {
    auto wanted = non_empty(edit.picture);
    auto picture = wanted ? take_picture(tx, *wanted, id, editor.id) : std::nullopt;
    auto ticket = tx.find<Ticket>(
        "UPDATE tickets SET title = $5, price_minor = $6, currency = $7, quantity = coalesce($8, quantity),"
        " capacity = CASE WHEN coalesce($8, quantity) > held + sold THEN coalesce($8, quantity) ELSE held + "
        "sold END,"
        " max_per_order = coalesce($9, max_per_order), description = $10, venue = $11, city = $12, category "
        "= $13,"
        " starts_at = $14, time_zone = $15, seats = $16, sort_date = $17, sort_price = $18, local_day = $19,"
        " max_per_buyer = $21,"
        " event = $22, picture = $23, picture_width = $24, picture_height = $25, version = version + 1, "
        "search_version = version + 1"
        " WHERE id = $1 AND (user_id = $2 OR $3 = 1) AND version = coalesce($4, version) AND status = 'open'"
        " AND ($8 IS NULL OR $8 >= held + sold)"
        " AND ($20 = 1 OR (price_minor = $6 AND currency = $7))"
        " RETURNING " +
            std::string{columns},
        id, editor.id, editor.is_admin, editor.expected_version, edit.title, edit.price.minor,
        edit.price.currency, edit.quantity, edit.max_per_order, non_empty(edit.description),
        non_empty(edit.venue), non_empty(edit.city), edit.category, edit.starts_at, non_empty(edit.time_zone),
        non_empty(edit.seats), sort_date(edit.starts_at), sort_price(edit.price), event_day(edit),
        !price_problem(edit.price), edit.max_per_buyer,
        event_key(edit.title.value, non_empty(edit.venue), edit.starts_at),
        picture ? std::optional{picture->id} : std::nullopt,
        picture ? std::optional{picture->width} : std::nullopt,
        picture ? std::optional{picture->height} : std::nullopt);
    if (!ticket) throw_edit_error(tx, id, editor, &edit.price);
    if (wanted && !picture) throw_no_picture();
    if (!runtime::mutated(Mutation::edit_not_searchable)) write_entries(tx, known, std::span{&*ticket, 1});
    listing_changed(tx, id);
    return std::move(*ticket);
}

std::optional<Ticket> withdraw(sql::Tx& tx, const TicketId& id, const Editor& editor) {
    auto ticket = tx.find<Ticket>(
        "UPDATE tickets SET status = 'withdrawn', version = version + 1"
        " WHERE id = $1 AND (user_id = $2 OR $3 = 1) AND version = coalesce($4, version) AND status = 'open'"
        " RETURNING " +
            std::string{columns},
        id, editor.id, editor.is_admin, editor.expected_version);
    if (ticket) {
        remove_entry(tx, id);
        listing_changed(tx, id);
        return ticket;
    }
    if (status_if_editable(tx, id, editor).value_or(TicketStatus::open) != TicketStatus::open)
        return std::nullopt;
    throw_edit_error(tx, id, editor);
}

std::optional<Ticket> cancel(sql::Tx& tx, const TicketId& id, const Editor& editor) {
    auto ticket = tx.find<Ticket>(
        "UPDATE tickets SET status = 'cancelled', quantity = 0, version = version + 1"
        " WHERE id = $1 AND (user_id = $2 OR $3 = 1) AND version = coalesce($4, version) AND status <> "
        "'cancelled'"
        " RETURNING " +
            std::string{columns},
        id, editor.id, editor.is_admin, editor.expected_version);
    if (ticket) {
        remove_entry(tx, id);
        listing_changed(tx, id);
        return ticket;
    }
    if (status_if_editable(tx, id, editor) == TicketStatus::cancelled) return std::nullopt;
    throw_edit_error(tx, id, editor);
}

std::optional<Ticket> find(sql::Tx& tx, const TicketId& id) {
    return tx.find<Ticket>("SELECT " + std::string{columns} + " FROM tickets WHERE id = $1", id);
}

std::vector<OwnTicket> of_seller(sql::Tx& tx, const UserId& seller, const std::string& before,
                                 std::int64_t limit) {
    return tx.query<OwnTicket>(
        "SELECT " + std::string{columns} + ", " + std::string{own_columns} +
            " FROM tickets WHERE user_id = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3",
        seller, before, limit);
}

void set_capacity(sql::Tx& tx, const TicketId& id, std::int64_t capacity) {
    tx.send("UPDATE tickets SET capacity = $2 WHERE id = $1", id, capacity);
    listing_changed(tx, id);
}

void CounterChanges::add(const contracts::OrderLine& item, std::int64_t held, std::int64_t sold) {
    auto& change = changes_[{item.ticket_id, item.price.currency}];
    change.held += held;
    change.sold += sold;
    change.earned_minor += sold * item.price.minor;
}

void CounterChanges::write(sql::Tx& tx) const {
    for (const auto& [listing, change] : changes_) {
        tx.send(
            "UPDATE tickets SET held = held + $2, sold = sold + $3,"
            " earned_minor = earned_minor + CASE WHEN currency = $5 THEN $4 ELSE 0 END WHERE id = $1",
            listing.first, change.held, change.sold, change.earned_minor, listing.second);
    }
    if (runtime::mutated(Mutation::sale_leaves_pages)) return;
    listings_changed(tx);
    for (const auto& [listing, change] : changes_) tx.notify_of(Changed{listing.first.text});
}

}  // namespace stagedoor::tickets::store
