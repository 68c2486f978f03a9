// Doors, scanners and scans as rows, requests and responses.
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
#include "services/admissions/pass.hpp"
#include "services/admissions/store/listings.hpp"

namespace stagedoor::admissions {

enum class Role { steward, supervisor };
constexpr auto wire_names(Role) {
    return std::array{std::pair{Role::steward, std::string_view{"steward"}},
                      std::pair{Role::supervisor, std::string_view{"supervisor"}}};
}

enum class Action { admit, check_out, undo };
constexpr auto wire_names(Action) {
    return std::array{std::pair{Action::admit, std::string_view{"admit"}},
                      std::pair{Action::check_out, std::string_view{"checkOut"}},
                      std::pair{Action::undo, std::string_view{"undo"}}};
}

enum class ScanResult { admitted, checked_out, undone, refused };
constexpr auto wire_names(ScanResult) {
    return std::array{std::pair{ScanResult::admitted, std::string_view{"admitted"}},
                      std::pair{ScanResult::checked_out, std::string_view{"checkedOut"}},
                      std::pair{ScanResult::undone, std::string_view{"undone"}},
                      std::pair{ScanResult::refused, std::string_view{"refused"}}};
}

enum class Reason {
    already_redeemed,
    revoked,
    invalid,
    wrong_event,
    cancelled,
    not_inside,
    elsewhere,
    expired_code,
    not_allowed,
    needs_shop  // a gate has to ask the shop and can't: nothing is decided
};
constexpr auto wire_names(Reason) {
    return std::array{std::pair{Reason::already_redeemed, std::string_view{"alreadyRedeemed"}},
                      std::pair{Reason::revoked, std::string_view{"revoked"}},
                      std::pair{Reason::invalid, std::string_view{"invalid"}},
                      std::pair{Reason::wrong_event, std::string_view{"wrongEvent"}},
                      std::pair{Reason::cancelled, std::string_view{"cancelled"}},
                      std::pair{Reason::not_inside, std::string_view{"notInside"}},
                      std::pair{Reason::elsewhere, std::string_view{"elsewhere"}},
                      std::pair{Reason::expired_code, std::string_view{"expiredCode"}},
                      std::pair{Reason::not_allowed, std::string_view{"notAllowed"}},
                      std::pair{Reason::needs_shop, std::string_view{"needsShop"}}};
}

// ---- requests

struct NewDoor {
    json::Text<1, 60> name;
    Role role = Role::steward;
    std::optional<Instant> expires_at;
};
BOOST_DESCRIBE_STRUCT(NewDoor, (), (name, role, expires_at))
void check(const NewDoor& door, json::Reading& reading);

struct NewScanner {
    json::Text<1, 200> token;  // the door's
    std::optional<json::Text<1, 60>> name;
};
BOOST_DESCRIBE_STRUCT(NewScanner, (), (token, name))

using Nonce = json::Text<8, 64>;

struct NewScan {
    Nonce nonce;
    std::optional<std::string> code;    // as scanned
    std::optional<std::string> serial;  // as typed
    Action action = Action::admit;
    Instant at;
    std::optional<Nonce> undoes;
};
BOOST_DESCRIBE_STRUCT(NewScan, (), (nonce, code, serial, action, at, undoes))
// A code or a serial, or the scan to undo.
void check(const NewScan& scan, json::Reading& reading);

enum class UploadedAction { admit, check_out };
constexpr auto wire_names(UploadedAction) {
    return std::array{std::pair{UploadedAction::admit, std::string_view{"admit"}},
                      std::pair{UploadedAction::check_out, std::string_view{"checkOut"}}};
}

// What a scanner has decided itself.
struct UploadedScan {
    Nonce nonce;
    std::string serial;
    json::Whole<1, 65'535> generation;
    UploadedAction action = UploadedAction::admit;
    Instant at;
    json::Whole<0, 63> shard;
    std::int64_t epoch = 0;
};
BOOST_DESCRIBE_STRUCT(UploadedScan, (), (nonce, serial, generation, action, at, shard, epoch))
void check(const UploadedScan& scan, json::Reading& reading);

constexpr std::size_t max_uploaded = 300;  // so that they fit into a body
struct Upload {
    json::List<UploadedScan, 1, max_uploaded> scans;
};
BOOST_DESCRIBE_STRUCT(Upload, (), (scans))

struct ReleasedShard {
    json::Whole<0, 63> shard;
    std::int64_t epoch = 0;
};
BOOST_DESCRIBE_STRUCT(ReleasedShard, (), (shard, epoch))

struct ShardRequest {
    std::optional<json::List<json::Whole<0, 63>, 0, 64>> claim;  // empty: a fair share
    std::optional<json::List<ReleasedShard, 0, 64>> release;
    std::optional<std::int64_t> acknowledge_revoked;
};
BOOST_DESCRIBE_STRUCT(ShardRequest, (), (claim, release, acknowledge_revoked))

struct OverriddenShard {
    json::Whole<0, 63> shard;
};
BOOST_DESCRIBE_STRUCT(OverriddenShard, (), (shard))

// ---- responses

struct CreatedDoor {
    DoorId id;
    std::string name;
    Role role = Role::steward;
    Instant expires_at;
    std::optional<std::string> link;  // never stored
};
BOOST_DESCRIBE_STRUCT(CreatedDoor, (), (id, name, role, expires_at, link))

struct DoorView {
    DoorId id;
    std::string name;
    Role role = Role::steward;
    Instant created_at, expires_at;
    std::optional<Instant> revoked_at;
    std::int64_t scanners = 0, admitted = 0, refused = 0;
};
BOOST_DESCRIBE_STRUCT(DoorView, (),
                      (id, name, role, created_at, expires_at, revoked_at, scanners, admitted, refused))

struct ListingView {
    TicketId ticket_id;
    std::string title;
    std::optional<Instant> starts_at;
    store::AdmissionSettings settings;
    store::Counts counts;
    std::vector<DoorView> doors;
    std::int64_t duplicates = 0;
};
BOOST_DESCRIBE_STRUCT(ListingView, (), (ticket_id, title, starts_at, settings, counts, doors, duplicates))

struct Place {
    std::string door;
    Instant at;
};
BOOST_DESCRIBE_STRUCT(Place, (), (door, at))

struct OwnerView {
    std::string door;
    std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(OwnerView, (), (door, number))

struct Scan {
    std::string nonce;
    ScanResult result = ScanResult::refused;
    std::optional<Reason> reason;
    std::optional<std::string> serial, seats;
    std::optional<std::int64_t> entry;
    std::optional<Place> first;
    std::optional<OwnerView> owner;
};
BOOST_DESCRIBE_STRUCT(Scan, (), (nonce, result, reason, serial, seats, entry, first, owner))

// stale: the scanner does not own the shard any more, or never did, and it is not lenient; or its door was
// closed so long ago that scans are removed.
enum class UploadResult { recorded, duplicate, stale };
constexpr auto wire_names(UploadResult) {
    return std::array{std::pair{UploadResult::recorded, std::string_view{"recorded"}},
                      std::pair{UploadResult::duplicate, std::string_view{"duplicate"}},
                      std::pair{UploadResult::stale, std::string_view{"stale"}}};
}
struct RecordedScan {
    std::string nonce;
    UploadResult result = UploadResult::recorded;
    std::optional<Place> first;
};
BOOST_DESCRIBE_STRUCT(RecordedScan, (), (nonce, result, first))
struct RecordedUpload {
    std::vector<RecordedScan> results;
};
BOOST_DESCRIBE_STRUCT(RecordedUpload, (), (results))

struct Duplicate {
    std::string serial;
    std::int64_t generation = 0;
    std::optional<Place> first;
    Place second;
};
BOOST_DESCRIBE_STRUCT(Duplicate, (), (serial, generation, first, second))

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

struct PublicKeyView {
    std::int64_t id = 0;
    std::string public_key;  // base64url
    Instant created_at;
};
BOOST_DESCRIBE_STRUCT(PublicKeyView, (), (id, public_key, created_at))
struct Keys {
    TicketId ticket_id;
    std::string tag;  // hexadecimal
    std::vector<PublicKeyView> keys;
};
BOOST_DESCRIBE_STRUCT(Keys, (), (ticket_id, tag, keys))

struct ScannerDoor {
    DoorId id;
    std::string name;
    Role role = Role::steward;
};
BOOST_DESCRIBE_STRUCT(ScannerDoor, (), (id, name, role))
struct CreatedScanner {
    ScannerId id;
    std::string token;
    std::int64_t number = 0;
    ScannerDoor door;
    TicketId ticket_id;
};
BOOST_DESCRIBE_STRUCT(CreatedScanner, (), (id, token, number, door, ticket_id))

struct Rules {
    Reentry reentry = Reentry::none;
    Mode mode = Mode::strict;
    bool rotating = false;
};
BOOST_DESCRIBE_STRUCT(Rules, (), (reentry, mode, rotating))
struct ShardView {
    std::int64_t shard = 0, epoch = 0;
    std::optional<ScannerId> owner;
    bool lenient = false;
};
BOOST_DESCRIBE_STRUCT(ShardView, (), (shard, epoch, owner, lenient))
struct ScannerView {
    ScannerId scanner_id;
    std::string door;
    std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(ScannerView, (), (scanner_id, door, number))
// All that a scanner needs to decide without a network. No personal data.
struct Pack {
    TicketId ticket_id;
    std::string title;
    std::optional<Instant> starts_at;
    std::optional<std::string> time_zone, venue;
    std::string tag;
    std::vector<PublicKeyView> keys;
    std::optional<std::string> door_key;  // base64url; of rotating codes
    Rules rules;
    std::int64_t shard_count = 64;
    std::vector<ShardView> shards;
    std::vector<ScannerView> doors;
    std::optional<bool> gate;  // true: a gate decides, and its scanners take no shards over
    std::string revoked;       // base64url of sorted serials and generations, 10 bytes each
    std::int64_t revoked_version = 0;
    Instant now;
};
BOOST_DESCRIBE_STRUCT(Pack, (),
                      (ticket_id, title, starts_at, time_zone, venue, tag, keys, door_key, rules, shard_count,
                       shards, doors, gate, revoked, revoked_version, now))

// What a scanner must know of the entries so far before it admits passes of a shard: base64url of sorted
// serials, 8 bytes each.
struct ClaimedShard {
    std::int64_t shard = 0, epoch = 0;
    std::string inside, used;
};
BOOST_DESCRIBE_STRUCT(ClaimedShard, (), (shard, epoch, inside, used))
struct Shards {
    std::vector<ShardView> shards;
    std::vector<ClaimedShard> claimed;
    std::int64_t revoked_version = 0;
    std::vector<std::int64_t> requested;
};
BOOST_DESCRIBE_STRUCT(Shards, (), (shards, claimed, revoked_version, requested))

// A pass by its serial: which generation a gate may admit.
using PassSerial = Id<struct PassSerialKind>;
struct FoundPass {
    PassSerial serial;
    std::int64_t generation = 0;
    Validity status = Validity::valid;
};
BOOST_DESCRIBE_STRUCT(FoundPass, (), (serial, generation, status))

struct ScannerStatus {
    store::Counts counts;
    std::int64_t revoked_version = 0;
    std::vector<std::int64_t> requested;
    std::vector<json::Value> revoking;  // pairs of serial and generation
};
BOOST_DESCRIBE_STRUCT(ScannerStatus, (), (counts, revoked_version, requested, revoking))

}  // namespace stagedoor::admissions
