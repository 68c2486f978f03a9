// Passes and transfers as rows and as responses.
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/json/read.hpp"
#include "contracts/ids.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::admissions {

enum class Transfers { allowed, forbidden };
constexpr auto wire_names(Transfers) {
    return std::array{std::pair{Transfers::allowed, std::string_view{"allowed"}},
                      std::pair{Transfers::forbidden, std::string_view{"forbidden"}}};
}
// Whether somebody who has left may enter again.
enum class Reentry { none, allowed };
constexpr auto wire_names(Reentry) {
    return std::array{std::pair{Reentry::none, std::string_view{"none"}},
                      std::pair{Reentry::allowed, std::string_view{"allowed"}}};
}
// strict: each pass has one place that may admit it. lenient: every scanner may, and duplicates are reported.
enum class Mode { strict, lenient };
constexpr auto wire_names(Mode) {
    return std::array{std::pair{Mode::strict, std::string_view{"strict"}},
                      std::pair{Mode::lenient, std::string_view{"lenient"}}};
}

// revoking: the scanner that owns its shard has not acknowledged yet.
enum class Validity { valid, revoking, revoked };
constexpr auto wire_names(Validity) {
    return std::array{std::pair{Validity::valid, std::string_view{"valid"}},
                      std::pair{Validity::revoking, std::string_view{"revoking"}},
                      std::pair{Validity::revoked, std::string_view{"revoked"}}};
}

enum class TransferStatus { open, claimed, revoked };
constexpr auto wire_names(TransferStatus) {
    return std::array{std::pair{TransferStatus::open, std::string_view{"open"}},
                      std::pair{TransferStatus::claimed, std::string_view{"claimed"}},
                      std::pair{TransferStatus::revoked, std::string_view{"revoked"}}};
}

// ---- rows

struct PassRow {
    PassId id;
    std::string serial;
    std::int64_t shard = 0, number = 0;
    TicketId ticket_id;
    OrderId order_id;
    UserId holder_id;
    std::int64_t generation = 0;
    Validity validity = Validity::valid;
    std::int64_t entries = 0;
    bool inside = false;
    Instant created_at;
    std::optional<Instant> admitted_at;
    std::int64_t version = 0;
    // of the listing
    std::string title;
    std::optional<Instant> starts_at;
    std::optional<std::string> time_zone, venue, city, seats;
    Transfers transfers = Transfers::allowed;
    std::optional<std::int64_t> max_transfers;
    bool rotating = false;
    Reentry reentry = Reentry::none;
    // of the open offer
    std::optional<TransferId> offer_id;
    std::optional<Instant> offered_at;
};
BOOST_DESCRIBE_STRUCT(PassRow, (),
                      (id, serial, shard, number, ticket_id, order_id, holder_id, generation, validity,
                       entries, inside, created_at, admitted_at, version, title, starts_at, time_zone, venue,
                       city, seats, transfers, max_transfers, rotating, reentry, offer_id, offered_at))

struct TransferRow {
    TransferId id;
    PassId pass_id;
    std::int64_t generation = 0;
    UserId from_user_id;
    std::optional<UserId> to_user_id;
    TransferStatus status = TransferStatus::open;
    std::int64_t version = 0;
    Instant created_at;
    std::optional<Instant> claimed_at;
};
BOOST_DESCRIBE_STRUCT(TransferRow, (),
                      (id, pass_id, generation, from_user_id, to_user_id, status, version, created_at,
                       claimed_at))

// ---- requests

struct TransferToken {
    json::Text<1, 200> token;
};
BOOST_DESCRIBE_STRUCT(TransferToken, (), (token))

// ---- responses

enum class PassStatus { valid, inside, used, revoked };
constexpr auto wire_names(PassStatus) {
    return std::array{std::pair{PassStatus::valid, std::string_view{"valid"}},
                      std::pair{PassStatus::inside, std::string_view{"inside"}},
                      std::pair{PassStatus::used, std::string_view{"used"}},
                      std::pair{PassStatus::revoked, std::string_view{"revoked"}}};
}

struct Offer {
    TransferId id;
    Instant created_at;
};
BOOST_DESCRIBE_STRUCT(Offer, (), (id, created_at))

// A pass as its holder sees it.
struct Pass {
    PassId id;
    std::string serial;
    std::int64_t number = 0;  // of that listing in that order, from 1
    TicketId ticket_id;
    OrderId order_id;
    std::string title;
    std::optional<Instant> starts_at;
    std::optional<std::string> time_zone, venue, city, seats;
    PassStatus status = PassStatus::valid;
    std::int64_t generation = 0;
    Instant created_at;
    std::optional<Instant> admitted_at;
    std::optional<Offer> offer;
    Transfers transfers = Transfers::allowed;
    std::optional<std::int64_t> transfers_left;
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Pass, (),
                      (id, serial, number, ticket_id, order_id, title, starts_at, time_zone, venue, city,
                       seats, status, generation, created_at, admitted_at, offer, transfers, transfers_left,
                       version))

enum class Origin { issued, transferred };
constexpr auto wire_names(Origin) {
    return std::array{std::pair{Origin::issued, std::string_view{"issued"}},
                      std::pair{Origin::transferred, std::string_view{"transferred"}}};
}

struct Generation {
    std::int64_t generation = 0;
    Instant since;
    Origin reason = Origin::issued;
};
BOOST_DESCRIBE_STRUCT(Generation, (), (generation, since, reason))

// What a display needs to show a code that changes every `step_seconds`, also without a network.
struct RotationSecret {
    std::string secret;  // base64url
    std::int64_t step_seconds = 0;
};
BOOST_DESCRIBE_STRUCT(RotationSecret, (), (secret, step_seconds))

struct PassDetails : Pass {
    std::optional<std::string> code;
    std::optional<RotationSecret> rotation;
    std::optional<std::vector<std::string>> wallets;  // that it can be stored in: "apple", "google"
    std::vector<Generation> history;
};
BOOST_DESCRIBE_STRUCT(PassDetails, (Pass), (code, rotation, wallets, history))

struct WalletLink {
    std::string url;
};
BOOST_DESCRIBE_STRUCT(WalletLink, (), (url))

struct OfferedTransfer {
    TransferId id;
    PassId pass_id;
    std::string link;
    Instant created_at;
};
BOOST_DESCRIBE_STRUCT(OfferedTransfer, (), (id, pass_id, link, created_at))

// What whoever has the link sees of it: the event, nobody's name.
struct ShownTransfer {
    TransferId id;
    std::string title;
    std::optional<Instant> starts_at;
    std::optional<std::string> time_zone, venue, city, seats;
    TransferStatus status = TransferStatus::open;
};
BOOST_DESCRIBE_STRUCT(ShownTransfer, (), (id, title, starts_at, time_zone, venue, city, seats, status))

[[nodiscard]] Pass to_response(const PassRow& row);

}  // namespace stagedoor::admissions
