#include "services/notifications/store/projections.hpp"

namespace stagedoor::notifications::store {

void save_address(sql::Tx& tx, const UserId& id, const std::string& email) {
    tx.send(R"(
        INSERT INTO people(id, email, confirmed) VALUES ($1, $2, 0)
        ON CONFLICT (id) DO UPDATE SET email = excluded.email)",
            id, email);
}

void save_confirmed_address(sql::Tx& tx, const UserId& id, const std::string& email) {
    tx.send(R"(
        INSERT INTO people(id, email, confirmed) VALUES ($1, $2, 1)
        ON CONFLICT (id) DO UPDATE SET email = excluded.email, confirmed = 1)",
            id, email);
}

void save_address_if_unknown(sql::Tx& tx, const UserId& id, const std::string& email) {
    tx.send("INSERT INTO people(id, email, confirmed) VALUES ($1, $2, 0) ON CONFLICT (id) DO NOTHING", id,
            email);
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

ResolvedEmail resolve(sql::Tx& tx, Email email) {
    ResolvedEmail resolved{.email = std::move(email), .payload = {}, .recipient = {}, .listings = {}};
    resolved.payload = payload_of(resolved.email);
    resolved.recipient =
        tx.find<Recipient>("SELECT email, confirmed FROM people WHERE id = $1", resolved.email.user_id);
    const auto* order = std::get_if<contracts::OrderState>(&resolved.payload);
    if (!order) return resolved;
    for (const auto& item : order->items) {
        auto listing = tx.find<Listing>(
            "SELECT title, venue, city, starts_at, time_zone, seats FROM listings WHERE id = $1",
            item.ticket_id);
        if (listing)
            resolved.listings.emplace(item.ticket_id, std::move(*listing));
        else
            resolved.all_listings = false;
    }
    return resolved;
}

}  // namespace stagedoor::notifications::store
