#include "services/admissions/store/doors.hpp"

#include "common/errors.hpp"
#include "services/admissions/store/shards.hpp"

namespace stagedoor::admissions::store {
namespace {

// A stadium has fewer; each is a line of the seller's page and of the door packs.
constexpr std::int64_t max_doors = 200, max_scanners_of_door = 100;

}  // namespace

bool add_door(sql::Tx& tx, const DoorRow& door) {
    // Shards' rows before the listing's, as everywhere.
    add_shards(tx, door.ticket_id);
    // Locks the listing, so that two doors added at once can't exceed the limit.
    tx.send("UPDATE listings SET scanners = scanners WHERE id = $1", door.ticket_id);
    auto added = tx.execute(R"(
        INSERT INTO doors(id, ticket_id, name, role, created_at, expires_at)
        SELECT $1, $2, $3, $4, $5, $6
         WHERE (SELECT count(*) FROM doors
                 WHERE ticket_id = $2 AND revoked_at IS NULL AND expires_at > $5) < $7)",
                            door.id, door.ticket_id, door.name, door.role, door.created_at, door.expires_at,
                            max_doors);
    return added.rows == 1;
}

std::optional<DoorRow> find_door(sql::Tx& tx, const DoorId& id) {
    return tx.find<DoorRow>(
        "SELECT id, ticket_id, name, role, created_at, expires_at, revoked_at FROM doors WHERE id = $1", id);
}

void revoke_door(sql::Tx& tx, const DoorId& id) {
    tx.send("UPDATE doors SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", id, tx.now());
}

std::vector<DoorView> doors_of(sql::Tx& tx, const TicketId& ticket) {
    return tx.query<DoorView>(R"(
        SELECT d.id, d.name, d.role, d.created_at, d.expires_at, d.revoked_at,
               (SELECT count(*) FROM scanners WHERE door_id = d.id),
               (SELECT count(*) FROM scans WHERE door_id = d.id AND result = 'admitted')
                 + (SELECT CAST(coalesce(sum(admitted), 0) AS BIGINT) FROM door_counts WHERE door_id = d.id),
               (SELECT count(*) FROM scans WHERE door_id = d.id AND result = 'refused')
                 + (SELECT CAST(coalesce(sum(refused), 0) AS BIGINT) FROM door_counts WHERE door_id = d.id)
          FROM doors d WHERE d.ticket_id = $1 ORDER BY d.id)",
                              ticket);
}

std::optional<std::int64_t> add_scanner(sql::Tx& tx, const ScannerId& id, const DoorRow& door,
                                        const std::optional<std::string>& name) {
    // Locks the listing: numbers are unique, and the limit is exact.
    auto number = tx.find<std::int64_t>(
        "UPDATE listings SET scanners = scanners + 1 WHERE id = $1 RETURNING scanners", door.ticket_id);
    auto added = tx.execute(R"(
        INSERT INTO scanners(id, door_id, ticket_id, number, name, created_at)
        SELECT $1, d.id, d.ticket_id, $3, $4, $5 FROM doors d
         WHERE d.id = $2 AND d.revoked_at IS NULL AND d.expires_at > $5
           AND (SELECT count(*) FROM scanners WHERE door_id = $2) < $6)",
                            id, door.id, number.value(), name, tx.now(), max_scanners_of_door);
    if (added.rows == 0) return std::nullopt;
    return number;
}

sql::LaterRows<ScannerRow> scanner_rows(sql::Tx& tx, const ScannerId& id) {
    return tx.query_later<ScannerRow>(R"(
        SELECT c.id, c.number, d.id, d.name, d.role, d.expires_at, d.revoked_at, l.id, l.seats, l.cancelled,
               l.rotating, l.reentry, l.mode, l.doors_opened_at, l.returns_closed_at, l.revoked_version,
               l.scans_removed_until
          FROM scanners c JOIN doors d ON d.id = c.door_id JOIN listings l ON l.id = c.ticket_id
         WHERE c.id = $1)",
                                      id);
}

ScannerRow require_scanner(std::vector<ScannerRow> rows, Instant now) {
    if (rows.empty()) throw NotSignedIn("This scanner is unknown: open the door's link again"_text);
    if (!rows.front().may_scan(now)) throw NotSignedIn("This door's link has expired or was revoked"_text);
    return std::move(rows.front());
}

ScannerRow require_scanner(sql::Tx& tx, const ScannerId& id) {
    return require_scanner(scanner_rows(tx, id).get(), tx.now());
}

ScannerRow require_known_scanner(sql::Tx& tx, const ScannerId& id) {
    auto rows = scanner_rows(tx, id).get();
    if (rows.empty()) throw NotSignedIn("This scanner is unknown: open the door's link again"_text);
    return std::move(rows.front());
}

std::vector<ScannerView> scanners_of(sql::Tx& tx, const TicketId& ticket) {
    return tx.query<ScannerView>(
        "SELECT c.id, d.name, c.number FROM scanners c JOIN doors d ON d.id = c.door_id"
        " WHERE c.ticket_id = $1 ORDER BY c.number",
        ticket);
}

std::optional<OwnerView> find_owner(sql::Tx& tx, const ScannerId& id) {
    return tx.find<OwnerView>(
        "SELECT d.name, c.number FROM scanners c JOIN doors d ON d.id = c.door_id WHERE c.id = $1", id);
}

std::int64_t count_active_scanners(sql::Tx& tx, const TicketId& ticket) {
    return tx
        .find<std::int64_t>(
            "SELECT count(*) FROM scanners c JOIN doors d ON d.id = c.door_id"
            " WHERE c.ticket_id = $1 AND d.revoked_at IS NULL AND d.expires_at > $2",
            ticket, tx.now())
        .value();
}

}  // namespace stagedoor::admissions::store
