#include "services/notifications/store/known.hpp"

namespace stagedoor::notifications::store {

void know_person(sql::Tx& tx, const UserId& id, const std::string& email) {
    tx.send(R"(
        INSERT INTO people(id, email, confirmed) VALUES ($1, $2, 0)
        ON CONFLICT (id) DO UPDATE SET email = excluded.email)",
            id, email);
}

void know_confirmed(sql::Tx& tx, const UserId& id, const std::string& email) {
    tx.send(R"(
        INSERT INTO people(id, email, confirmed) VALUES ($1, $2, 1)
        ON CONFLICT (id) DO UPDATE SET email = excluded.email, confirmed = 1)",
            id, email);
}

void know_address(sql::Tx& tx, const UserId& id, const std::string& email) {
    tx.send("INSERT INTO people(id, email, confirmed) VALUES ($1, $2, 0) ON CONFLICT (id) DO NOTHING", id,
            email);
}

void know_listing(sql::Tx& tx, const contracts::Listing& listing) {
    tx.send(R"(
        INSERT INTO listings(id, title, venue, city, starts_at, time_zone, seats) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (id) DO UPDATE
           SET title = excluded.title, venue = excluded.venue, city = excluded.city, starts_at = excluded.starts_at,
               time_zone = excluded.time_zone, seats = excluded.seats)",
            listing.id, listing.title, listing.venue, listing.city, listing.starts_at, listing.time_zone,
            listing.seats);
}

OpenMail open(sql::Tx& tx, Mail mail) {
    OpenMail opened{.mail = std::move(mail), .matter = {}, .person = {}, .listings = {}};
    opened.matter = matter_of(opened.mail);
    opened.person = tx.find<Person>("SELECT email, confirmed FROM people WHERE id = $1", opened.mail.user_id);
    const auto* order = std::get_if<contracts::OrderState>(&opened.matter);
    if (!order) return opened;
    for (const auto& item : order->items) {
        auto listing = tx.find<Listing>(
            "SELECT title, venue, city, starts_at, time_zone, seats FROM listings WHERE id = $1",
            item.ticket_id);
        if (listing)
            opened.listings.emplace(item.ticket_id, std::move(*listing));
        else
            opened.all_listings = false;
    }
    return opened;
}

}  // namespace stagedoor::notifications::store
