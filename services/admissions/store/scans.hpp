// Scans: who is admitted, and what scanners have decided themselves.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/admissions/door.hpp"
#include "services/admissions/store/doors.hpp"

namespace stagedoor::admissions::store {

// A scan as it was read from a code, a typed serial or a nonce.
struct NewScanRow {
    ScannerId scanner;
    TicketId ticket;
    std::string nonce;
    Action action = Action::admit;
    Instant scanned_at;
    // What the code itself says: that it is not valid, or of another event.
    std::optional<Reason> refusal;
    std::string serial;           // empty if there is none
    std::int64_t shard = 0;       // of the serial
    std::int64_t generation = 0;  // 0: the current one, for a typed serial
    bool is_typed = false;
    bool is_rotated = false;  // it has a rotating part that is current
    std::string undoes;       // the nonce of another scan
};

// Decides a scan, once for each nonce: a repeated one gets the same response and changes nothing. Throws
// NotSignedIn (the door is revoked), Conflict (another scanner has used this nonce).
[[nodiscard]] Scan scan(sql::Tx& tx, const NewScanRow& scan);

// The serial and shard of the pass in an earlier scan, for an undo.
struct ScannedPass {
    std::string serial;
    std::int64_t shard = 0;
};
BOOST_DESCRIBE_STRUCT(ScannedPass, (), (serial, shard))
[[nodiscard]] std::optional<ScannedPass> find_scanned(sql::Tx& tx, const TicketId& ticket,
                                                      const std::string& nonce);

// Somebody has left: the pass has no open entry any more.
void end_entry(sql::Tx& tx, const PassId& pass, Instant at);

// Where and when a pass was last admitted.
[[nodiscard]] std::optional<Place> last_admission(sql::Tx& tx, const TicketId& ticket,
                                                  const std::string& serial);

// ---- uploads

// Records what a scanner has decided itself; `ids` has one for the row of each duplicate. Locks all shards.
// Throws Conflict if another scanner has used a nonce.
[[nodiscard]] RecordedUpload record(sql::Tx& tx, const ScannerRow& scanner,
                                    const std::vector<UploadedScan>& scans,
                                    const std::vector<std::string>& ids);

// ---- to remove old ones

// A listing that has scans, began before `time` or has no date, and has had no open door since then.
[[nodiscard]] std::optional<TicketId> listing_with_old_scans(sql::Tx& tx, Instant time);
// From now on, nothing is uploaded to it by the scanners of doors that were closed by then. False if it has
// doors that were not.
[[nodiscard]] bool begin_to_remove_scans(sql::Tx& tx, const TicketId& ticket, Instant time);
// Removes at most `limit` scans of such a listing, keeps what was counted, and returns how many they were.
[[nodiscard]] std::int64_t remove_scans(sql::Tx& tx, const TicketId& ticket, Instant time,
                                        std::int64_t limit);

// ---- what the seller sees

// Admissions by door, in steps of this length.
constexpr std::chrono::seconds arrival_step{300};
struct ArrivalRow {
    std::string door;
    DoorId door_id;
    std::int64_t step = 0, count = 0;
};
BOOST_DESCRIBE_STRUCT(ArrivalRow, (), (door, door_id, step, count))
[[nodiscard]] std::vector<ArrivalRow> arrivals(sql::Tx& tx, const TicketId& ticket);

struct DuplicateRow {
    Id<struct DuplicateKind> id;
    std::string serial;
    std::int64_t generation = 0;
    std::optional<std::string> first_door;
    std::optional<Instant> first_at;
    std::string second_door;
    Instant second_at;
};
BOOST_DESCRIBE_STRUCT(DuplicateRow, (),
                      (id, serial, generation, first_door, first_at, second_door, second_at))
[[nodiscard]] std::vector<DuplicateRow> duplicates(sql::Tx& tx, const TicketId& ticket,
                                                   const std::string& before, std::int64_t limit);
[[nodiscard]] std::int64_t count_duplicates(sql::Tx& tx, const TicketId& ticket);

}  // namespace stagedoor::admissions::store
