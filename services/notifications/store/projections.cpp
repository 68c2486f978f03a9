#include "services/notifications/store/projections.hpp"

namespace stagedoor::notifications::store {

contracts::Offer offer_of(const Listing& listing) {
    return {listing.title, listing.starts_at, listing.time_zone, listing.venue, listing.city, listing.seats};
}

void save_address(sql::Tx& tx, const UserId& id, const std::string& email,
                  const std::optional<std::string>& language) {
    tx.send(R"(
        INSERT INTO people(id, email, confirmed, language) VALUES ($1, $2, 0, $3)
        ON CONFLICT (id) DO UPDATE SET email = excluded.email, language = excluded.language)",
            id, email, language);
}

void save_language(sql::Tx& tx, const UserId& id, const std::string& language) {
    tx.send("UPDATE people SET language = $2 WHERE id = $1", id, language);
}

void save_confirmed_address(sql::Tx& tx, const UserId& id, const std::string& email) {
    tx.send(R"(
        INSERT INTO people(id, email, confirmed) VALUES ($1, $2, 1)
        ON CONFLICT (id) DO UPDATE SET email = excluded.email, confirmed = 1)",
            id, email);
}

void save_address_if_unknown(sql::Tx& tx, const UserId& id, const std::string& email,
                             const std::optional<std::string>& language) {
    tx.send(R"(
        INSERT INTO people(id, email, confirmed, language) VALUES ($1, $2, 0, $3)
        ON CONFLICT (id) DO NOTHING)",
            id, email, language);
}

void save_listing(sql::Tx& tx, const contracts::Listing& listing) {
    tx.send(R"(
        INSERT INTO listings(id, title, venue, city, starts_at, time_zone, seats)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (id) DO UPDATE
           SET title = excluded.title, venue = excluded.venue, city = excluded.city,
               starts_at = excluded.starts_at, time_zone = excluded.time_zone, seats = excluded.seats)",
            listing.id, listing.title, listing.venue, listing.city, listing.starts_at, listing.time_zone,
            listing.seats);
}

namespace {

void resolve_listing(sql::Tx& tx, ResolvedEmail& resolved, const TicketId& id) {
    auto listing = tx.find<Listing>(
        "SELECT title, venue, city, starts_at, time_zone, seats, moved_version FROM listings WHERE id = $1",
        id);
    if (listing)
        resolved.listings.emplace(id, std::move(*listing));
    else
        resolved.all_listings = false;
}

// The event has changed again, or back, or the buyer's tickets are void.
bool is_outdated(sql::Tx& tx, const ResolvedEmail& resolved, const OfferChanged& event) {
    auto found = resolved.listings.find(event.ticket_id);
    if (found == resolved.listings.end()) return false;
    const auto& [id, listing] = *found;
    if (listing.moved_version != event.version) return true;
    if (event.before == offer_of(listing)) return true;
    return tx.find<std::int64_t>(
                 "SELECT count(*) FROM purchases WHERE ticket_id = $1 AND user_id = $2 AND void = 0",
                 event.ticket_id, resolved.email.user_id)
               .value() == 0;
}

}  // namespace

ResolvedEmail resolve(sql::Tx& tx, Email email) {
    ResolvedEmail resolved{.email = std::move(email), .payload = {}, .recipient = {}, .listings = {}};
    resolved.payload = payload_of(resolved.email);
    resolved.recipient = tx.find<Recipient>("SELECT email, confirmed, language FROM people WHERE id = $1",
                                            resolved.email.user_id);
    if (const auto* order = std::get_if<contracts::OrderState>(&resolved.payload)) {
        for (const auto& item : order->items) resolve_listing(tx, resolved, item.ticket_id);
    } else if (const auto* moved = std::get_if<OfferChanged>(&resolved.payload)) {
        resolve_listing(tx, resolved, moved->ticket_id);
        resolved.outdated = is_outdated(tx, resolved, *moved);
    } else if (const auto* transfer = std::get_if<contracts::TransferState>(&resolved.payload)) {
        resolve_listing(tx, resolved, transfer->ticket_id);
    }
    return resolved;
}

}  // namespace stagedoor::notifications::store
