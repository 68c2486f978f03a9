#include <algorithm>
#include <map>

#include "common/errors.hpp"
#include "common/json/write.hpp"
#include "common/runtime/mutation.hpp"
#include "services/admissions/store/listings.hpp"
#include "services/admissions/store/scans.hpp"
#include "services/admissions/store/shards.hpp"

namespace stagedoor::admissions::store {
namespace {

struct KnownUpload {
    ScannerId scanner_id;
    std::string result;
    std::optional<std::string> recorded;
};
BOOST_DESCRIBE_STRUCT(KnownUpload, (), (scanner_id, result, recorded))

struct AdmittedPass {
    PassId id;
    std::optional<DoorId> door_id;
    std::optional<std::string> door;
    std::optional<Instant> at;
};
BOOST_DESCRIBE_STRUCT(AdmittedPass, (), (id, door_id, door, at))

// What an upload becomes in the table of scans.
struct Recorded {
    RecordedScan response;
    std::optional<PassId> pass;
    bool is_duplicate = false;
};

class Recorder {
  public:
    Recorder(sql::Tx& tx, const ScannerRow& scanner)
        : tx_(tx), scanner_(scanner), shards_(lock_all_shards(tx, scanner.ticket_id)) {}

    RecordedScan record(const UploadedScan& scan, const std::string& id,
                        const std::vector<KnownUpload>& known) {
        if (auto found = done_.find(scan.nonce.value); found != done_.end()) return found->second;
        auto is_known = !known.empty() && !runtime::mutated(Mutation::scan_nonce_ignored);
        auto response = is_known ? response_before(scan, known.front()) : std::nullopt;
        if (!response) {
            auto recorded = decide(scan, id);
            save(scan, recorded);
            response = recorded.response;
        }
        done_[scan.nonce.value] = *response;
        return *response;
    }

  private:
    // The response to the first upload with this nonce; or the server has decided this scan, but the scanner
    // has not received its response. If it then decided otherwise than the server, that counts.
    std::optional<RecordedScan> response_before(const UploadedScan& scan, const KnownUpload& known) {
        if (known.scanner_id != scanner_.id)
            throw Conflict("Another scan has the nonce {nonce}"_text.with("nonce", scan.nonce.value));
        if (known.recorded) return json::read<RecordedScan>(*known.recorded).value();
        if (known.result == json::to_text(ScanResult::refused)) return std::nullopt;
        return RecordedScan{.nonce = scan.nonce.value, .result = UploadResult::recorded, .first = {}};
    }

    [[nodiscard]] Instant time_of(const UploadedScan& scan) const { return std::min(scan.at, tx_.now()); }

    Recorded decide(const UploadedScan& scan, const std::string& id) {
        Recorded recorded{.response = {.nonce = scan.nonce.value, .result = UploadResult::stale, .first = {}},
                          .pass = {}};
        auto shard = std::ranges::find(shards_, scan.shard.value, &ShardRow::shard);
        auto is_owner = shard->owner == scanner_.id && shard->epoch == scan.epoch;
        auto is_lenient = scanner_.mode == Mode::lenient || shard->lenient;
        auto is_own_shard =
            code::shard_of(code::serial_from_hex(scan.serial).value()) == static_cast<int>(scan.shard.value);
        if (!is_own_shard || (!is_owner && !is_lenient)) return recorded;
        if (scan.action == UploadedAction::admit)
            admit(scan, is_owner, id, recorded);
        else
            check_out(scan, recorded);
        return recorded;
    }

    // What the owner of a shard has decided is valid, even if the pass has been revoked since.
    void admit(const UploadedScan& scan, bool is_owner, const std::string& id, Recorded& recorded) {
        recorded.pass = tx_.find<PassId>(R"(
            UPDATE passes SET entries = entries + 1, inside = 1, admitted_at = $4, admitted_door = $5,
                   version = version + 1
             WHERE ticket_id = $1 AND serial = $2 AND generation = $3 AND ($6 = 1 OR status = 'valid')
               AND inside = 0 AND ($6 = 1 OR entries = 0 OR $7 = 'allowed')
            RETURNING id)",
                                         scanner_.ticket_id, scan.serial, scan.generation, time_of(scan),
                                         scanner_.door_id, is_owner, scanner_.reentry);
        if (recorded.pass) {
            recorded.response.result = UploadResult::recorded;
            if (!scanner_.doors_opened_at) open_doors(tx_, scanner_.ticket_id);
            return;
        }
        auto pass = tx_.find<AdmittedPass>(
            "SELECT p.id, p.admitted_door, d.name, p.admitted_at FROM passes p LEFT JOIN doors d"
            " ON d.id = p.admitted_door WHERE p.ticket_id = $1 AND p.serial = $2",
            scanner_.ticket_id, scan.serial);
        if (!pass) return;  // no such pass was ever issued
        recorded.pass = pass->id;
        recorded.is_duplicate = true;
        recorded.response.result = UploadResult::duplicate;
        if (pass->door) recorded.response.first = Place{*pass->door, pass->at.value()};
        report(scan, *pass, id);
    }

    // To the seller, the earlier of both admissions first.
    void report(const UploadedScan& scan, const AdmittedPass& pass, const std::string& id) {
        auto first_door = pass.door_id;
        auto first_at = pass.at;
        auto second_door = scanner_.door_id;
        auto second_at = time_of(scan);
        if (first_door && second_at < *first_at) {
            std::swap(*first_door, second_door);
            std::swap(*first_at, second_at);
        }
        tx_.send(R"(
            INSERT INTO duplicates(id, ticket_id, serial, generation, first_door, first_at, second_door,
                                   second_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8))",
                 id, scanner_.ticket_id, scan.serial, scan.generation, first_door, first_at, second_door,
                 second_at);
    }

    void check_out(const UploadedScan& scan, Recorded& recorded) {
        recorded.response.result = UploadResult::recorded;
        recorded.pass = tx_.find<PassId>(R"(
            UPDATE passes SET inside = 0, version = version + 1
             WHERE ticket_id = $1 AND serial = $2 AND generation = $3 AND inside = 1 RETURNING id)",
                                         scanner_.ticket_id, scan.serial, scan.generation);
        if (recorded.pass) end_entry(tx_, *recorded.pass, time_of(scan));
    }

    void save(const UploadedScan& scan, const Recorded& recorded) {
        auto result = ScanResult::refused;
        if (recorded.response.result != UploadResult::stale)
            result = scan.action == UploadedAction::admit ? ScanResult::admitted : ScanResult::checked_out;
        tx_.send(R"(
            INSERT INTO scans(ticket_id, nonce, scanner_id, door_id, action, result, pass_id, generation, at,
                              scanned_at, duplicate, recorded)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            ON CONFLICT (ticket_id, nonce) DO UPDATE
               SET result = excluded.result, pass_id = excluded.pass_id, generation = excluded.generation,
                   at = excluded.at, duplicate = excluded.duplicate, recorded = excluded.recorded)",
                 scanner_.ticket_id, scan.nonce, scanner_.id, scanner_.door_id, scan.action, result,
                 recorded.pass, scan.generation, time_of(scan), scan.at, recorded.is_duplicate,
                 json::to_json(recorded.response));
    }

    sql::Tx& tx_;
    const ScannerRow& scanner_;
    const std::vector<ShardRow> shards_;
    std::map<std::string, RecordedScan> done_;  // a nonce may be in an upload twice
};

// Whether they were uploaded before, nobody knows any more.
RecordedUpload stale(const std::vector<UploadedScan>& scans) {
    RecordedUpload upload;
    for (const auto& scan : scans)
        upload.results.push_back({.nonce = scan.nonce.value, .result = UploadResult::stale, .first = {}});
    return upload;
}

}  // namespace

RecordedUpload record(sql::Tx& tx, const ScannerRow& scanner, const std::vector<UploadedScan>& scans,
                      const std::vector<std::string>& ids) {
    Recorder recorder{tx, scanner};
    // As it is now that the shards are locked.
    if (require_known_scanner(tx, scanner.id).has_removed_scans()) return stale(scans);
    std::vector<sql::LaterRows<KnownUpload>> known;
    for (const auto& scan : scans) {
        known.push_back(tx.query_later<KnownUpload>(
            "SELECT scanner_id, result, recorded FROM scans WHERE ticket_id = $1 AND nonce = $2",
            scanner.ticket_id, scan.nonce));
    }
    RecordedUpload upload;
    for (std::size_t i = 0; i < scans.size(); ++i)
        upload.results.push_back(recorder.record(scans[i], ids[i], known[i].get()));
    return upload;
}

}  // namespace stagedoor::admissions::store
