// The rows of doors and scanners.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/admissions/door.hpp"

namespace stagedoor::admissions::store {

struct DoorRow {
    DoorId id;
    TicketId ticket_id;
    std::string name;
    Role role = Role::steward;
    Instant created_at, expires_at;
    std::optional<Instant> revoked_at;
};
BOOST_DESCRIBE_STRUCT(DoorRow, (), (id, ticket_id, name, role, created_at, expires_at, revoked_at))

// False if the listing has too many doors that are neither revoked nor expired.
[[nodiscard]] bool add_door(sql::Tx& tx, const DoorRow& door);
[[nodiscard]] std::optional<DoorRow> find_door(sql::Tx& tx, const DoorId& id);
void revoke_door(sql::Tx& tx, const DoorId& id);
// With how many scanners they have and what those did, by id.
[[nodiscard]] std::vector<DoorView> doors_of(sql::Tx& tx, const TicketId& ticket);

// Adds a scanner to a door that is neither revoked nor expired, and returns its number; nullopt if it is, or
// has too many.
[[nodiscard]] std::optional<std::int64_t> add_scanner(sql::Tx& tx, const ScannerId& id, const DoorRow& door,
                                                      const std::optional<std::string>& name);

// A scanner with its door, and what its listing says.
struct ScannerRow {
    ScannerId id;
    std::int64_t number = 0;
    DoorId door_id;
    std::string door_name;
    Role role = Role::steward;
    Instant expires_at;
    std::optional<Instant> revoked_at;
    TicketId ticket_id;
    std::optional<std::string> seats;
    bool cancelled = false;
    bool rotating = false;
    Reentry reentry = Reentry::none;
    Mode mode = Mode::strict;
    std::optional<Instant> doors_opened_at, returns_closed_at;
    std::int64_t revoked_version = 0;
    std::optional<Instant> scans_removed_until;

    [[nodiscard]] bool may_scan(Instant now) const { return !revoked_at && now < expires_at; }
    // Then nobody knows any more what it has uploaded before.
    [[nodiscard]] bool has_removed_scans() const {
        auto closed_at = std::min(revoked_at.value_or(expires_at), expires_at);
        return scans_removed_until && closed_at <= *scans_removed_until;
    }
};
BOOST_DESCRIBE_STRUCT(ScannerRow, (),
                      (id, number, door_id, door_name, role, expires_at, revoked_at, ticket_id, seats,
                       cancelled, rotating, reentry, mode, doors_opened_at, returns_closed_at,
                       revoked_version, scans_removed_until))

[[nodiscard]] sql::LaterRows<ScannerRow> scanner_rows(sql::Tx& tx, const ScannerId& id);
// Throws NotSignedIn unless there is such a scanner, and its door is neither revoked nor expired.
[[nodiscard]] ScannerRow require_scanner(sql::Tx& tx, const ScannerId& id);
// Also one whose door is revoked or has expired: what it has decided until then counts.
[[nodiscard]] ScannerRow require_known_scanner(sql::Tx& tx, const ScannerId& id);
[[nodiscard]] ScannerRow require_scanner(std::vector<ScannerRow> rows, Instant now);

// All scanners of a listing, for "door 3, please".
[[nodiscard]] std::vector<ScannerView> scanners_of(sql::Tx& tx, const TicketId& ticket);
[[nodiscard]] std::optional<OwnerView> find_owner(sql::Tx& tx, const ScannerId& id);
// Those that may scan.
[[nodiscard]] std::int64_t count_active_scanners(sql::Tx& tx, const TicketId& ticket);

}  // namespace stagedoor::admissions::store
