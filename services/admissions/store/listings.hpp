// The projection of listings, and what sellers set for their doors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/sql/tx.hpp"
#include "contracts/events/tickets.hpp"
#include "services/admissions/pass.hpp"

namespace stagedoor::admissions::store {

struct ListingRow {
    TicketId id;
    std::optional<UserId> seller_id;  // unknown until its first event arrives
    std::optional<std::string> title;
    std::optional<Instant> starts_at;
    std::optional<std::string> time_zone, venue, city, seats;
    bool cancelled = false;
    Transfers transfers = Transfers::allowed;
    std::optional<std::int64_t> max_transfers;
    bool rotating = false;
    Reentry reentry = Reentry::none;
    Mode mode = Mode::strict;
    std::int64_t settings_version = 0;
    std::optional<Instant> doors_opened_at, returns_closed_at;
    std::int64_t revoked_version = 0;
};
BOOST_DESCRIBE_STRUCT(ListingRow, (),
                      (id, seller_id, title, starts_at, time_zone, venue, city, seats, cancelled, transfers,
                       max_transfers, rotating, reentry, mode, settings_version, doors_opened_at,
                       returns_closed_at, revoked_version))

[[nodiscard]] std::optional<ListingRow> find_listing(sql::Tx& tx, const TicketId& ticket);

// The listing as of an event of tickets.
void save_listing(sql::Tx& tx, const contracts::Listing& listing, bool cancelled);

struct AdmissionSettings {
    Transfers transfers = Transfers::allowed;
    std::optional<json::Whole<0, 1'000>> max_transfers;
    bool rotating = false;
    Reentry reentry = Reentry::none;
    Mode mode = Mode::strict;
};
BOOST_DESCRIBE_STRUCT(AdmissionSettings, (), (transfers, max_transfers, rotating, reentry, mode))

[[nodiscard]] AdmissionSettings settings_of(const ListingRow& listing);

// False, and nothing changes, if they are at another version, or if this would change `rotating` or `mode`
// after the doors were opened.
[[nodiscard]] bool change_settings(sql::Tx& tx, const TicketId& ticket, const AdmissionSettings& settings,
                                   std::int64_t version);

// The first time, publishes doors.opened.
void open_doors(sql::Tx& tx, const TicketId& ticket);

// returns.closed: shards can be handed to scanners.
void close_returns(sql::Tx& tx, const TicketId& ticket);

// One more pass has been revoked or transferred. Locks the listing's row: to be called after shards' rows are
// locked.
[[nodiscard]] std::int64_t raise_revoked_version(sql::Tx& tx, const TicketId& ticket);

struct Counts {
    std::int64_t issued = 0, valid = 0, revoked = 0, admitted = 0, inside = 0;
};
BOOST_DESCRIBE_STRUCT(Counts, (), (issued, valid, revoked, admitted, inside))

[[nodiscard]] Counts count_passes(sql::Tx& tx, const TicketId& ticket);

}  // namespace stagedoor::admissions::store
