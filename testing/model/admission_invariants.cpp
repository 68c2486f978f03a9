#include "testing/model/admission_invariants.hpp"

#include "testing/model/row_checks.hpp"

namespace stagedoor::testing {

void find_broken_admissions(Databases& databases, std::vector<std::string>& found) {
    // Of these, only counts are left.
    const std::string removed = "SELECT id FROM listings WHERE scans_removed_until IS NOT NULL";
    check_none(databases, found, "a pass whose entries are not those of its admissions", "admissions",
               "SELECT p.id, p.entries, p.inside, count(s.nonce), "
               "coalesce(sum(CASE WHEN s.ended_at IS NULL THEN 1 ELSE 0 END), 0) FROM passes p "
               "JOIN scans s ON s.pass_id = p.id AND s.result = 'admitted' AND s.duplicate = 0 "
               "WHERE p.ticket_id NOT IN (" +
                   removed +
                   ") "
                   "GROUP BY p.id, p.entries, p.inside HAVING p.entries <> count(s.nonce) OR p.inside <> "
                   "coalesce(sum(CASE WHEN s.ended_at IS NULL THEN 1 ELSE 0 END), 0)");
    check_none(databases, found, "a pass that has entries but was never admitted", "admissions",
               "SELECT id, entries FROM passes WHERE entries > 0 AND ticket_id NOT IN (" + removed +
                   ") AND NOT EXISTS (SELECT 1 FROM scans WHERE "
                   "pass_id = passes.id AND result = 'admitted' AND duplicate = 0)");
    check_none(databases, found, "an admission of a generation that is not the live one", "admissions",
               "SELECT s.nonce, s.generation, p.generation FROM scans s JOIN passes p ON p.id = s.pass_id "
               "WHERE s.result = 'admitted' AND s.duplicate = 0 AND s.generation <> p.generation");
    check_none(databases, found, "a live generation in door packs as dead", "admissions",
               "SELECT p.id, p.generation FROM passes p JOIN dead_generations d ON d.ticket_id = p.ticket_id "
               "AND d.serial = p.serial AND d.generation = p.generation WHERE p.status = 'valid'");
    check_none(databases, found, "a dead generation that door packs lack", "admissions",
               "SELECT p.id, p.generation, p.status FROM passes p LEFT JOIN (SELECT ticket_id, serial, "
               "count(*) AS dead FROM dead_generations GROUP BY ticket_id, serial) d ON d.ticket_id = "
               "p.ticket_id AND d.serial = p.serial WHERE coalesce(d.dead, 0) <> p.generation - 1 + "
               "CASE WHEN p.status = 'valid' THEN 0 ELSE 1 END");
    check_none(databases, found, "a holder who has not claimed the pass", "admissions",
               "SELECT p.id, p.holder_id FROM passes p LEFT JOIN transfers t ON t.pass_id = p.id AND "
               "t.status = 'claimed' AND t.generation = p.generation - 1 WHERE p.generation > 1 AND "
               "coalesce(t.to_user_id, '') <> p.holder_id");
    check_none(databases, found, "a transfer without exactly one event per version", "admissions",
               "SELECT t.id, t.version, e.events FROM transfers t LEFT JOIN (SELECT entity_id, count(*) AS "
               "events FROM outbox WHERE type LIKE 'transfer.%' GROUP BY entity_id) e ON e.entity_id = t.id "
               "WHERE coalesce(e.events, 0) <> t.version");
    check_none(databases, found, "a shard of a scanner while tickets may be returned", "admissions",
               "SELECT s.ticket_id, s.shard FROM shards s JOIN listings l ON l.id = s.ticket_id WHERE "
               "s.owner IS NOT NULL AND (l.doors_opened_at IS NULL OR l.returns_closed_at IS NULL)");
}

void find_missing_passes(Databases& databases, std::vector<std::string>& found) {
    check_same(
        databases, found, "passes", "admissions",
        "SELECT order_id, ticket_id, count(*), max(number), sum(CASE WHEN status = 'valid' THEN 0 ELSE "
        "1 END) FROM passes GROUP BY order_id, ticket_id ORDER BY 1, 2",
        "orders",
        "SELECT order_id, ticket_id, quantity, quantity, CASE WHEN cancelled_at IS NULL THEN 0 ELSE "
        "quantity END FROM order_items JOIN orders ON id = order_id WHERE status = 'complete' ORDER BY "
        "1, 2");
    const std::string listing = "starts_at, time_zone, venue, city, seats, version FROM ";
    check_same(databases, found, "admissions' projection of the listing", "admissions",
               "SELECT id, seller_id, title, cancelled, " + listing + "listings ORDER BY id", "tickets",
               "SELECT id, user_id, title, CASE WHEN status = 'cancelled' THEN 1 ELSE 0 END, " + listing +
                   "tickets ORDER BY id");
    check_same(databases, found, "listings whose tickets can't be returned", "admissions",
               "SELECT id FROM listings WHERE returns_closed_at IS NOT NULL ORDER BY id", "orders",
               "SELECT id FROM tickets WHERE returns_closed_at IS NOT NULL ORDER BY id");
}

}  // namespace stagedoor::testing
