#include "apps/gate/store/store.hpp"

#include <algorithm>

#include "common/errors.hpp"
#include "common/json/write.hpp"
#include "services/admissions/door_pack.hpp"

namespace stagedoor::gate::store {
namespace {

using admissions::Reason;
using admissions::ScanResult;

constexpr std::int64_t max_uploads = admissions::max_uploaded;

void add_entries(sql::Tx& tx, std::int64_t shard, const std::string& packed, bool inside) {
    for (const auto& serial : admissions::unpack_serials(packed))
        tx.send("INSERT INTO entries(serial, shard, times, inside) VALUES ($1, $2, 1, $3)", serial, shard,
                inside);
}

std::int64_t shard_of(const std::string& serial) {
    return admissions::code::shard_of(admissions::code::serial_from_hex(serial).value());
}

// The epoch of the shard; nullopt if the gate must not admit its tickets.
std::optional<std::int64_t> epoch_of(sql::Tx& tx, const Pack& pack, std::int64_t shard) {
    if (auto epoch =
            tx.find<std::int64_t>("SELECT epoch FROM owned_shards WHERE shard = $1 AND releasing = 0", shard))
        return epoch;
    auto found = std::ranges::find(pack.shards, shard, &admissions::ShardView::shard);
    auto is_lenient = found != pack.shards.end() && found->lenient;
    return is_lenient || pack.rules.mode == admissions::Mode::lenient ? std::optional{0} : std::nullopt;
}

struct Entry {
    bool inside = false;
    std::optional<std::string> door;
    std::optional<Instant> at;
};
BOOST_DESCRIBE_STRUCT(Entry, (), (inside, door, at))

class Decision {
  public:
    Decision(sql::Tx& tx, const ScannerRow& scanner, const Pack& pack, const ScanToDecide& scan)
        : tx_(tx), scanner_(scanner), pack_(pack), scan_(scan) {}

    [[nodiscard]] Scan make() {
        response_.nonce = scan_.nonce;
        if (!scan_.serial.empty()) response_.serial = scan_.serial;
        if (scan_.refusal) return refuse(*scan_.refusal);
        epoch_ = epoch_of(tx_, pack_, shard_of(scan_.serial));
        if (!epoch_) return refuse(Reason::elsewhere);
        return scan_.action == Action::admit ? admit() : check_out();
    }
    [[nodiscard]] std::optional<std::int64_t> epoch() const { return epoch_; }

  private:
    Scan refuse(Reason reason) {
        response_.result = ScanResult::refused;
        response_.reason = reason;
        return response_;
    }

    Scan admit() {
        if (tx_.find<std::int64_t>("SELECT 1 FROM revoked WHERE serial = $1 AND generation = $2",
                                   scan_.serial, scan_.generation))
            return refuse(Reason::revoked);
        auto times = tx_.find<std::int64_t>(
            "INSERT INTO entries(serial, shard, times, inside, generation, nonce, door, at)"
            " VALUES ($1, $2, 1, 1, $3, $4, $5, $6) ON CONFLICT (serial) DO UPDATE"
            " SET times = entries.times + 1, inside = 1, generation = excluded.generation,"
            " nonce = excluded.nonce, door = excluded.door, at = excluded.at"
            " WHERE entries.inside = 0 AND (entries.times = 0 OR $7 = 1) RETURNING times",
            scan_.serial, shard_of(scan_.serial), scan_.generation, scan_.nonce, scanner_.name, tx_.now(),
            pack_.rules.reentry == admissions::Reentry::allowed);
        if (!times) {
            auto entry =
                tx_.find<Entry>("SELECT inside, door, at FROM entries WHERE serial = $1", scan_.serial);
            if (entry && entry->door && entry->at) response_.first = {*entry->door, *entry->at};
            return refuse(Reason::already_redeemed);
        }
        response_.result = ScanResult::admitted;
        response_.entry = times;
        return response_;
    }

    Scan check_out() {
        auto times = tx_.find<std::int64_t>(
            "UPDATE entries SET inside = 0 WHERE serial = $1 AND inside = 1"
            " AND (generation IS NULL OR generation = $2) RETURNING times",
            scan_.serial, scan_.generation);
        if (!times) return refuse(Reason::not_inside);
        response_.result = ScanResult::checked_out;
        response_.entry = times;
        return response_;
    }

    sql::Tx& tx_;
    const ScannerRow& scanner_;
    const Pack& pack_;
    const ScanToDecide& scan_;
    Scan response_;
    std::optional<std::int64_t> epoch_;
};

struct KnownScan {
    ScannerId scanner_id;
    std::string response;
};
BOOST_DESCRIBE_STRUCT(KnownScan, (), (scanner_id, response))

// Unless somebody has checked out with it meanwhile.
void undo_entry(sql::Tx& tx, const std::string& serial, const std::string& nonce) {
    tx.execute(
        "UPDATE entries SET times = times - 1, inside = 0, nonce = NULL WHERE serial = $1 AND nonce = $2 AND"
        " inside = 1",
        serial, nonce);
}

}  // namespace

std::optional<ShopRow> shop(sql::Tx& tx) {
    return tx.find<ShopRow>(
        "SELECT scanner_id, token, ticket_id, role, link, pack, revoked_version FROM shop");
}

void join_shop(sql::Tx& tx, const admissions::CreatedScanner& scanner, const std::string& link_hash) {
    tx.execute("DELETE FROM owned_shards");
    tx.execute(
        "INSERT INTO shop(id, scanner_id, token, ticket_id, role, link) VALUES (1, $1, $2, $3, $4, $5)"
        " ON CONFLICT (id) DO UPDATE SET scanner_id = excluded.scanner_id, token = excluded.token,"
        " ticket_id = excluded.ticket_id, role = excluded.role, link = excluded.link",
        scanner.id, scanner.token, scanner.ticket_id, scanner.door.role, link_hash);
}

void set_pack(sql::Tx& tx, const Pack& pack) {
    for (const auto& [serial, generation] : admissions::unpack_revoked(pack.revoked))
        revoke(tx, serial, generation);
    // Those that a supervisor has taken away meanwhile.
    for (const auto& shard : pack.shards)
        tx.send("DELETE FROM owned_shards WHERE shard = $1 AND epoch <> $2", shard.shard, shard.epoch);
    tx.execute("UPDATE shop SET pack = $1, revoked_version = $2", json::to_json(pack), pack.revoked_version);
}

void revoke(sql::Tx& tx, const std::string& serial, std::int64_t generation) {
    tx.send("INSERT INTO revoked(serial, generation) VALUES ($1, $2) ON CONFLICT DO NOTHING", serial,
            generation);
}

std::vector<OwnedShard> owned_shards(sql::Tx& tx) {
    return tx.query<OwnedShard>("SELECT shard, epoch FROM owned_shards ORDER BY shard");
}

void own_shard(sql::Tx& tx, const admissions::ClaimedShard& claimed) {
    auto is_new = tx.execute("INSERT INTO owned_shards(shard, epoch) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                             claimed.shard, claimed.epoch)
                      .rows == 1;
    if (!is_new) return;
    tx.execute("DELETE FROM entries WHERE shard = $1", claimed.shard);
    add_entries(tx, claimed.shard, claimed.inside, true);
    add_entries(tx, claimed.shard, claimed.used, false);
}

std::vector<OwnedShard> begin_release(sql::Tx& tx) {
    return tx.query<OwnedShard>("UPDATE owned_shards SET releasing = 1 RETURNING shard, epoch");
}

void end_release(sql::Tx& tx) { tx.execute("DELETE FROM owned_shards WHERE releasing = 1"); }

ScannerRow add_scanner(sql::Tx& tx, const ScannerId& id, Role role) {
    auto number = tx.find<std::int64_t>("SELECT coalesce(max(number), 0) + 1 FROM scanners").value();
    ScannerRow row{id, number, role, "Gate " + std::to_string(number)};
    tx.execute("INSERT INTO scanners(id, number, role, name, created_at) VALUES ($1, $2, $3, $4, $5)", row.id,
               row.number, row.role, row.name, tx.now());
    return row;
}

std::optional<ScannerRow> find_scanner(sql::Tx& tx, const ScannerId& id) {
    return tx.find<ScannerRow>("SELECT id, number, role, name FROM scanners WHERE id = $1", id);
}

std::optional<Scan> find_response(sql::Tx& tx, const ScannerRow& scanner, const std::string& nonce) {
    auto known = tx.find<KnownScan>("SELECT scanner_id, response FROM scans WHERE nonce = $1", nonce);
    if (!known) return std::nullopt;
    if (known->scanner_id != scanner.id || known->response.empty())
        throw Conflict("Another scan has this nonce"_text, "nonce");
    return json::read<Scan>(known->response).value();
}

Scan decide(sql::Tx& tx, const ScannerRow& scanner, const Pack& pack, const ScanToDecide& scan) {
    if (auto known = find_response(tx, scanner, scan.nonce)) return *known;
    Decision decision{tx, scanner, pack, scan};
    auto response = decision.make();
    auto is_accepted = response.result != ScanResult::refused;
    auto shard = scan.serial.empty() ? std::nullopt : std::optional{shard_of(scan.serial)};
    tx.execute(
        "INSERT INTO scans(nonce, scanner_id, action, serial, generation, shard, epoch, scanned_at, at, "
        "response,"
        " upload) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN $11 = 1 THEN 'waiting' END)",
        scan.nonce, scanner.id, scan.action, response.serial, scan.generation, shard, decision.epoch(),
        scan.scanned_at, tx.now(), json::to_json(response), is_accepted);
    return response;
}

admissions::RecordedScan record(sql::Tx& tx, const ScannerRow& scanner, const Pack& pack,
                                const admissions::UploadedScan& scan) {
    ScanToDecide decided{
        .nonce = scan.nonce.value,
        .action = scan.action == admissions::UploadedAction::admit ? Action::admit : Action::check_out,
        .scanned_at = scan.at,
        .refusal = {},
        .serial = scan.serial,
        .generation = scan.generation.value};
    auto is_known = tx.find<std::int64_t>("SELECT 1 FROM scans WHERE nonce = $1", decided.nonce).has_value();
    auto response = decide(tx, scanner, pack, decided);
    if (response.result != ScanResult::refused)
        return {decided.nonce, admissions::UploadResult::recorded, {}};
    // Somebody came in all the same: the shop has to know.
    if (!is_known)
        tx.execute("UPDATE scans SET upload = 'waiting', epoch = 0 WHERE nonce = $1", decided.nonce);
    return {decided.nonce, admissions::UploadResult::duplicate, response.first};
}

std::variant<Scan, UndoAtShop> begin_undo(sql::Tx& tx, const ScannerRow& scanner, const std::string& nonce,
                                          const std::string& undoes, Instant scanned_at) {
    if (auto open = tx.find<UndoAtShop>(
            "SELECT nonce, undoes, serial FROM scans WHERE undoes = $1 AND response = ''", undoes))
        return std::move(*open);
    if (auto known = find_response(tx, scanner, nonce)) return std::move(*known);
    auto serial = tx.find<std::string>("SELECT serial FROM entries WHERE nonce = $1 AND inside = 1", undoes);
    Scan response{.nonce = nonce, .result = ScanResult::refused, .reason = Reason::not_inside};
    auto shop_may_know = false;
    if (serial) {
        response = {.nonce = nonce, .result = ScanResult::undone, .reason = {}, .serial = serial};
        auto kept =
            tx.execute("UPDATE scans SET upload = NULL WHERE nonce = $1 AND upload = 'waiting'", undoes);
        shop_may_know = kept.rows == 0;
        if (!shop_may_know) undo_entry(tx, *serial, undoes);
    }
    tx.execute(
        "INSERT INTO scans(nonce, scanner_id, action, serial, scanned_at, at, response, undoes)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        nonce, scanner.id, Action::undo, serial, scanned_at, tx.now(),
        shop_may_know ? std::string{} : json::to_json(response), undoes);
    if (shop_may_know) return UndoAtShop{nonce, undoes, *serial};
    return response;
}

std::vector<ScanToUpload> sent_until(sql::Tx& tx, const std::string& nonce) {
    return tx.query<ScanToUpload>(
        "SELECT number, nonce, serial, generation, action, at, shard, epoch FROM scans WHERE upload = 'sent'"
        " AND number <= (SELECT number FROM scans WHERE nonce = $1) ORDER BY number LIMIT $2",
        nonce, max_uploads);
}

std::optional<std::int64_t> ask_to_undo(sql::Tx& tx, const UndoAtShop& undo) {
    return tx.find<std::int64_t>(
        "UPDATE scans SET asked = asked + 1 WHERE nonce = $1 AND response = '' RETURNING asked", undo.nonce);
}

// The row of the undo may be gone: what the shop has done counts all the same.
Scan end_undo(sql::Tx& tx, const UndoAtShop& undo, Scan at_shop) {
    if (at_shop.reason == Reason::not_inside) {  // or it doesn't know the admission, which was never sent
        auto unsent =
            tx.execute("UPDATE scans SET upload = NULL WHERE nonce = $1 AND upload = 'waiting'", undo.undoes);
        if (unsent.rows == 1)
            at_shop = {
                .nonce = undo.nonce, .result = ScanResult::undone, .reason = {}, .serial = undo.serial};
    }
    tx.execute("UPDATE scans SET response = $2 WHERE nonce = $1 AND response = ''", undo.nonce,
               json::to_json(at_shop));
    if (at_shop.result == ScanResult::undone) {
        undo_entry(tx, undo.serial, undo.undoes);
        tx.execute("UPDATE scans SET upload = NULL WHERE nonce = $1", undo.undoes);
    }
    return at_shop;
}

void forget_undo(sql::Tx& tx, const UndoAtShop& undo, std::int64_t times) {
    tx.execute("DELETE FROM scans WHERE nonce = $1 AND response = '' AND asked = $2", undo.nonce, times);
}

std::vector<UndoAtShop> open_undos(sql::Tx& tx) {
    return tx.query<UndoAtShop>(
        "SELECT nonce, undoes, serial FROM scans WHERE undoes IS NOT NULL AND response = '' ORDER BY number");
}

std::vector<ScanToUpload> next_uploads(sql::Tx& tx) {
    auto scans = tx.query<ScanToUpload>(
        "UPDATE scans SET upload = 'sent' WHERE number IN"
        " (SELECT number FROM scans WHERE upload IS NOT NULL ORDER BY number LIMIT $1)"
        " RETURNING number, nonce, serial, generation, action, at, shard, epoch",
        max_uploads);
    std::ranges::sort(scans, {}, &ScanToUpload::number);
    return scans;
}

void end_upload(sql::Tx& tx, const std::vector<ScanToUpload>& scans, bool uploaded) {
    for (const auto& scan : scans)
        tx.execute(
            "UPDATE scans SET upload = CASE WHEN $2 = 0 THEN 'waiting' END WHERE number = $1 AND"
            " upload = 'sent'",
            scan.number, uploaded);
}

Counts counts(sql::Tx& tx) {
    return tx.find<Counts>("SELECT count(*), coalesce(sum(inside), 0) FROM entries WHERE times > 0").value();
}

}  // namespace stagedoor::gate::store
