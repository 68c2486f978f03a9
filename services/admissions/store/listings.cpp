#include "services/admissions/store/listings.hpp"

#include "common/messaging/outbox.hpp"
#include "contracts/events/admissions.hpp"

namespace stagedoor::admissions::store {

std::optional<ListingRow> find_listing(sql::Tx& tx, const TicketId& ticket) {
    return tx.find<ListingRow>(
        "SELECT id, seller_id, title, starts_at, time_zone, venue, city, seats, cancelled, transfers,"
        " max_transfers, rotating, reentry, mode, settings_version, doors_opened_at, returns_closed_at,"
        " revoked_version FROM listings WHERE id = $1",
        ticket);
}

void save_listing(sql::Tx& tx, const contracts::Listing& listing, bool cancelled) {
    tx.send(R"(
        INSERT INTO listings(id, seller_id, title, starts_at, time_zone, venue, city, seats, cancelled,
                             version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (id) DO UPDATE
           SET seller_id = excluded.seller_id, title = excluded.title, starts_at = excluded.starts_at,
               time_zone = excluded.time_zone, venue = excluded.venue, city = excluded.city,
               seats = excluded.seats, cancelled = excluded.cancelled, version = excluded.version)",
            listing.id, listing.user_id, listing.title, listing.starts_at, listing.time_zone, listing.venue,
            listing.city, listing.seats, cancelled, listing.version);
}

AdmissionSettings settings_of(const ListingRow& listing) {
    AdmissionSettings settings{.transfers = listing.transfers,
                               .max_transfers = {},
                               .rotating = listing.rotating,
                               .reentry = listing.reentry,
                               .mode = listing.mode};
    if (listing.max_transfers) settings.max_transfers = *listing.max_transfers;
    return settings;
}

bool change_settings(sql::Tx& tx, const TicketId& ticket, const AdmissionSettings& settings,
                     std::int64_t version) {
    std::optional<std::int64_t> max_transfers;
    if (settings.max_transfers) max_transfers = settings.max_transfers->value;
    return tx.execute(R"(
        UPDATE listings
           SET transfers = $2, max_transfers = $3, rotating = $4, reentry = $5, mode = $6,
               settings_version = settings_version + 1
         WHERE id = $1 AND settings_version = $7
           AND (doors_opened_at IS NULL OR (rotating = $4 AND mode = $6))
           AND (scanners = 0 OR mode = $6))",
                      ticket, settings.transfers, max_transfers, settings.rotating, settings.reentry,
                      settings.mode, version)
               .rows == 1;
}

void open_doors(sql::Tx& tx, const TicketId& ticket) {
    auto opened =
        tx.execute("UPDATE listings SET doors_opened_at = $2 WHERE id = $1 AND doors_opened_at IS NULL",
                   ticket, tx.now());
    if (opened.rows == 1) outbox::publish(tx, contracts::DoorsOpened{.ticket_id = ticket});
}

void close_returns(sql::Tx& tx, const TicketId& ticket) {
    tx.send("UPDATE listings SET returns_closed_at = $2 WHERE id = $1", ticket, tx.now());
}

std::int64_t raise_revoked_version(sql::Tx& tx, const TicketId& ticket) {
    return tx
        .find<std::int64_t>(
            "UPDATE listings SET revoked_version = revoked_version + 1 WHERE id = $1 RETURNING "
            "revoked_version",
            ticket)
        .value();
}

Counts count_passes(sql::Tx& tx, const TicketId& ticket) {
    return tx
        .find<Counts>(R"(
        SELECT count(*), coalesce(sum(CASE WHEN status = 'valid' THEN 1 ELSE 0 END), 0),
               coalesce(sum(CASE WHEN status <> 'valid' THEN 1 ELSE 0 END), 0),
               coalesce(sum(CASE WHEN entries > 0 THEN 1 ELSE 0 END), 0), coalesce(sum(inside), 0)
          FROM passes WHERE ticket_id = $1)",
                      ticket)
        .value();
}

}  // namespace stagedoor::admissions::store
