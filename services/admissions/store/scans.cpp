#include "services/admissions/store/scans.hpp"

#include "common/errors.hpp"
#include "common/json/write.hpp"
#include "common/runtime/mutation.hpp"
#include "services/admissions/store/listings.hpp"
#include "services/admissions/store/shards.hpp"

namespace stagedoor::admissions::store {
namespace {

struct KnownScan {
    ScannerId scanner_id;
    std::optional<std::string> response;
};
BOOST_DESCRIBE_STRUCT(KnownScan, (), (scanner_id, response))

struct ChangedPass {
    PassId id;
    std::int64_t entries = 0, generation = 0;
};
BOOST_DESCRIBE_STRUCT(ChangedPass, (), (id, entries, generation))

struct PassState {
    Validity validity = Validity::valid;
    std::int64_t generation = 0;
    bool inside = false;
};
BOOST_DESCRIBE_STRUCT(PassState, (), (validity, generation, inside))

// One scan, while it is being decided. The shard of its pass is locked.
class Decision {
  public:
    Decision(sql::Tx& tx, const ScannerRow& scanner, const std::optional<ShardRow>& shard,
             const NewScanRow& scan)
        : tx_(tx), scanner_(scanner), shard_(shard), scan_(scan) {
        response_.nonce = scan.nonce;
        if (!scan.serial.empty()) response_.serial = scan.serial;
    }

    [[nodiscard]] Scan make() {
        if (auto reason = reason_to_refuse()) {
            refuse(*reason);
        } else if (scan_.action == Action::admit) {
            admit();
        } else if (scan_.action == Action::check_out) {
            check_out();
        } else {
            undo();
        }
        return response_;
    }
    [[nodiscard]] const std::optional<ChangedPass>& pass() const { return pass_; }

  private:
    // Before the pass itself is looked at.
    std::optional<Reason> reason_to_refuse() {
        if (scan_.refusal) return scan_.refusal;
        auto needs_supervisor = scan_.is_typed || scan_.action == Action::undo;
        if (needs_supervisor && scanner_.role != Role::supervisor) return Reason::not_allowed;
        if (!shard_) return Reason::not_inside;  // there is no such scan to undo
        // What its owner undoes, it has uploaded before.
        auto is_own_undo = scan_.action == Action::undo && shard_->owner == scan_.scanner;
        if (shard_->owner && !is_own_undo) {
            response_.owner = find_owner(tx_, *shard_->owner);
            return Reason::elsewhere;
        }
        if (scan_.action != Action::admit) return std::nullopt;
        if (scanner_.cancelled) return Reason::cancelled;
        if (scanner_.rotating && !scan_.is_rotated && !scan_.is_typed) return Reason::expired_code;
        return std::nullopt;
    }

    void refuse(Reason reason) {
        response_.result = ScanResult::refused;
        response_.reason = reason;
    }

    void accept(ScanResult result) {
        response_.result = result;
        response_.entry = pass_->entries;
        response_.seats = scanner_.seats;
    }

    void admit() {
        pass_ = tx_.find<ChangedPass>(R"(
            UPDATE passes SET entries = entries + 1, inside = 1, admitted_at = $4, admitted_door = $5,
                   version = version + 1
             WHERE ticket_id = $1 AND serial = $2 AND ($3 = 0 OR generation = $3) AND status = 'valid'
               AND inside = 0 AND (entries = 0 OR $6 = 'allowed')
            RETURNING id, entries, generation)",
                                      scan_.ticket, scan_.serial,
                                      runtime::mutated(Mutation::generation_ignored) ? 0 : scan_.generation,
                                      tx_.now(), scanner_.door_id, scanner_.reentry);
        if (!pass_) return explain();
        accept(ScanResult::admitted);
        if (!scanner_.doors_opened_at) open_doors(tx_, scan_.ticket);
    }

    void check_out() {
        pass_ = tx_.find<ChangedPass>(R"(
            UPDATE passes SET inside = 0, version = version + 1
             WHERE ticket_id = $1 AND serial = $2 AND ($3 = 0 OR generation = $3) AND inside = 1
            RETURNING id, entries, generation)",
                                      scan_.ticket, scan_.serial, scan_.generation);
        if (!pass_) return explain();
        end_entry(tx_, pass_->id, tx_.now());
        accept(ScanResult::checked_out);
    }

    void undo() {
        auto undone = tx_.find<PassId>(R"(
            UPDATE scans SET result = 'undone', ended_at = $3
             WHERE ticket_id = $1 AND nonce = $2 AND result = 'admitted' AND ended_at IS NULL
               AND duplicate = 0
            RETURNING pass_id)",
                                       scan_.ticket, scan_.undoes, tx_.now());
        if (!undone) return refuse(Reason::not_inside);
        pass_ = tx_.find<ChangedPass>(R"(
            UPDATE passes SET entries = entries - 1, inside = 0, version = version + 1,
                   admitted_at = CASE WHEN entries = 1 THEN NULL ELSE admitted_at END,
                   admitted_door = CASE WHEN entries = 1 THEN NULL ELSE admitted_door END
             WHERE id = $1
            RETURNING id, entries, generation)",
                                      *undone);
        accept(ScanResult::undone);
    }

    // Why an UPDATE changed no pass.
    void explain() {
        auto pass = tx_.find<PassState>(
            "SELECT status, generation, inside FROM passes WHERE ticket_id = $1 AND serial = $2",
            scan_.ticket, scan_.serial);
        if (!pass) return refuse(Reason::invalid);
        auto is_dead = scan_.generation != 0 && scan_.generation != pass->generation;
        if (is_dead || pass->validity != Validity::valid) return refuse(Reason::revoked);
        if (scan_.action == Action::check_out) return refuse(Reason::not_inside);
        refuse(Reason::already_redeemed);
        response_.first = last_admission(tx_, scan_.ticket, scan_.serial);
    }

    sql::Tx& tx_;
    const ScannerRow& scanner_;
    const std::optional<ShardRow>& shard_;
    const NewScanRow& scan_;
    Scan response_;
    std::optional<ChangedPass> pass_;
};

bool insert(sql::Tx& tx, const ScannerRow& scanner, const NewScanRow& scan, const Decision& decision,
            const Scan& response) {
    std::optional<PassId> pass;
    std::optional<std::int64_t> generation;
    if (decision.pass()) {
        pass = decision.pass()->id;
        generation = decision.pass()->generation;
    }
    return tx.execute(R"(
        INSERT INTO scans(ticket_id, nonce, scanner_id, door_id, action, result, pass_id, generation, at,
                          scanned_at, response)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (ticket_id, nonce) DO NOTHING)",
                      scan.ticket, scan.nonce, scan.scanner, scanner.door_id, scan.action, response.result,
                      pass, generation, tx.now(), scan.scanned_at, json::to_json(response))
               .rows == 1;
}

Conflict nonce_in_use() { return Conflict("Another scan has this nonce"_text, "nonce"); }

}  // namespace

Scan scan(sql::Tx& tx, const NewScanRow& scan) {
    // In one round trip; the nonce is looked up under the shard's lock.
    auto scanners = scanner_rows(tx, scan.scanner);
    std::optional<sql::LaterRows<ShardRow>> shards;
    if (!scan.serial.empty()) shards = lock_existing_shard(tx, scan.ticket, scan.shard);
    auto known = tx.query_later<KnownScan>(
        "SELECT scanner_id, response FROM scans WHERE ticket_id = $1 AND nonce = $2", scan.ticket,
        scan.nonce);
    auto scanner = require_scanner(scanners.get(), tx.now());
    std::optional<ShardRow> shard;
    if (shards) {
        auto rows = shards->get();
        if (!rows.empty()) shard = rows.front();
    }
    if (auto before = known.get(); !before.empty()) {
        const auto& [scanner_id, response] = before.front();
        if (scanner_id != scan.scanner || !response) throw nonce_in_use();
        return json::read<Scan>(*response).value();
    }
    Decision decision{tx, scanner, shard, scan};
    auto response = decision.make();
    // Only if the same nonce came for two passes at once.
    if (!insert(tx, scanner, scan, decision, response)) throw nonce_in_use();
    return response;
}

std::optional<ScannedPass> find_scanned(sql::Tx& tx, const TicketId& ticket, const std::string& nonce) {
    return tx.find<ScannedPass>(
        "SELECT p.serial, p.shard FROM scans s JOIN passes p ON p.id = s.pass_id"
        " WHERE s.ticket_id = $1 AND s.nonce = $2",
        ticket, nonce);
}

void end_entry(sql::Tx& tx, const PassId& pass, Instant at) {
    tx.send(
        "UPDATE scans SET ended_at = $2"
        " WHERE pass_id = $1 AND result = 'admitted' AND ended_at IS NULL AND duplicate = 0",
        pass, at);
}

std::optional<Place> last_admission(sql::Tx& tx, const TicketId& ticket, const std::string& serial) {
    return tx.find<Place>(
        "SELECT d.name, p.admitted_at FROM passes p JOIN doors d ON d.id = p.admitted_door"
        " WHERE p.ticket_id = $1 AND p.serial = $2",
        ticket, serial);
}

std::vector<ArrivalRow> arrivals(sql::Tx& tx, const TicketId& ticket) {
    constexpr auto step_ms = std::chrono::milliseconds{arrival_step}.count();
    return tx.query<ArrivalRow>(R"(
        SELECT d.name, d.id, a.step, CAST(sum(a.admitted) AS BIGINT)
          FROM doors d
          JOIN (SELECT door_id, at / $2 AS step, 1 AS admitted FROM scans
                 WHERE result = 'admitted' AND door_id IN (SELECT id FROM doors WHERE ticket_id = $1)
                UNION ALL
                SELECT door_id, step, admitted FROM door_counts
                 WHERE admitted > 0 AND door_id IN (SELECT id FROM doors WHERE ticket_id = $1)) a
            ON a.door_id = d.id
         GROUP BY d.name, d.id, a.step ORDER BY d.id, a.step)",
                                ticket, step_ms);
}

std::vector<DuplicateRow> duplicates(sql::Tx& tx, const TicketId& ticket, const std::string& before,
                                     std::int64_t limit) {
    return tx.query<DuplicateRow>(R"(
        SELECT u.id, u.serial, u.generation, f.name, u.first_at, s.name, u.second_at
          FROM duplicates u LEFT JOIN doors f ON f.id = u.first_door JOIN doors s ON s.id = u.second_door
         WHERE u.ticket_id = $1 AND ($2 = '' OR u.id < $2) ORDER BY u.id DESC LIMIT $3)",
                                  ticket, before, limit);
}

std::int64_t count_duplicates(sql::Tx& tx, const TicketId& ticket) {
    return tx.find<std::int64_t>("SELECT count(*) FROM duplicates WHERE ticket_id = $1", ticket).value();
}

}  // namespace stagedoor::admissions::store
