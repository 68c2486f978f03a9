#include <map>

#include "common/sql/row_inserter.hpp"
#include "services/admissions/store/scans.hpp"
#include "services/admissions/store/shards.hpp"

namespace stagedoor::admissions::store {
namespace {

struct RemovedScan {
    DoorId door_id;
    Instant at;
    ScanResult result = ScanResult::refused;
};
BOOST_DESCRIBE_STRUCT(RemovedScan, (), (door_id, at, result))

struct DoorCount {
    std::int64_t admitted = 0, refused = 0;
};

}  // namespace

std::optional<TicketId> listing_with_old_scans(sql::Tx& tx, Instant time) {
    return tx.find<TicketId>(R"(
        SELECT l.id FROM listings l
         WHERE l.scanners > 0 AND (l.starts_at IS NULL OR l.starts_at <= $1)
           AND NOT EXISTS (SELECT 1 FROM doors d WHERE d.ticket_id = l.id AND d.expires_at > $1
                              AND coalesce(d.revoked_at, d.expires_at) > $1)
           AND EXISTS (SELECT 1 FROM scans s WHERE s.ticket_id = l.id)
         ORDER BY l.id LIMIT 1)",
                             time);
}

bool begin_to_remove_scans(sql::Tx& tx, const TicketId& ticket, Instant time) {
    (void)lock_all_shards(tx, ticket);  // uploads wait, and then see it
    return tx.execute(R"(
        UPDATE listings SET scans_removed_until = $2
         WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM doors d WHERE d.ticket_id = $1 AND d.expires_at > $2
                                          AND coalesce(d.revoked_at, d.expires_at) > $2))",
                      ticket, time)
               .rows == 1;
}

// Not those of a door that was opened meanwhile.
std::int64_t remove_scans(sql::Tx& tx, const TicketId& ticket, Instant time, std::int64_t limit) {
    auto removed = tx.query<RemovedScan>(R"(
        DELETE FROM scans WHERE ticket_id = $1
           AND nonce IN (SELECT s.nonce FROM scans s WHERE s.ticket_id = $1
                            AND NOT EXISTS (SELECT 1 FROM doors d WHERE d.id = s.door_id AND d.expires_at > $3
                                               AND coalesce(d.revoked_at, d.expires_at) > $3)
                          ORDER BY s.nonce LIMIT $2)
        RETURNING door_id, at, result)",
                                         ticket, limit, time);
    constexpr auto step_ms = std::chrono::milliseconds{arrival_step}.count();
    std::map<std::pair<DoorId, std::int64_t>, DoorCount> counts;
    for (const auto& scan : removed) {
        auto& count = counts[{scan.door_id, scan.at.milliseconds / step_ms}];
        if (scan.result == ScanResult::admitted) ++count.admitted;
        if (scan.result == ScanResult::refused) ++count.refused;
    }
    sql::RowInserter rows{tx, "door_counts(door_id, step, admitted, refused)",
                          "ON CONFLICT (door_id, step) DO UPDATE SET"
                          " admitted = door_counts.admitted + excluded.admitted,"
                          " refused = door_counts.refused + excluded.refused"};
    for (const auto& [at, count] : counts) rows.add(at.first, at.second, count.admitted, count.refused);
    rows.flush();
    return std::ssize(removed);
}

}  // namespace stagedoor::admissions::store
