// What the gate stores: the shop's door pack, who has come in, and every scan.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/admissions/code/ticket_code.hpp"
#include "services/admissions/door.hpp"

namespace stagedoor::gate::store {

using admissions::Action;
using admissions::Pack;
using admissions::Role;
using admissions::Scan;

// ---- the shop

struct ShopRow {
    ScannerId scanner_id;  // this gate, at the shop
    std::string token;
    TicketId ticket_id;
    Role role = Role::steward;
    std::string link;  // its hash
    std::optional<std::string> pack;
    std::int64_t revoked_version = -1;
};
BOOST_DESCRIBE_STRUCT(ShopRow, (), (scanner_id, token, ticket_id, role, link, pack, revoked_version))

[[nodiscard]] std::optional<ShopRow> shop(sql::Tx& tx);
// The gate has joined by another link: it has no shards there yet.
void join_shop(sql::Tx& tx, const admissions::CreatedScanner& scanner, const std::string& link_hash);
// The gate no longer owns shards that have changed hands.
void set_pack(sql::Tx& tx, const Pack& pack);
void revoke(sql::Tx& tx, const std::string& serial, std::int64_t generation);

struct OwnedShard {
    std::int64_t shard = 0, epoch = 0;
};
BOOST_DESCRIBE_STRUCT(OwnedShard, (), (shard, epoch))

[[nodiscard]] std::vector<OwnedShard> owned_shards(sql::Tx& tx);
// From now on the gate admits the shard's tickets; `claimed` says who has come in until now. Nothing changes
// if it owns the shard already: then it knows more than the shop.
void own_shard(sql::Tx& tx, const admissions::ClaimedShard& claimed);
// From now on it doesn't. They stay in the table until the shop has them.
[[nodiscard]] std::vector<OwnedShard> begin_release(sql::Tx& tx);
void end_release(sql::Tx& tx);

// ---- scans

struct ScannerRow {
    ScannerId id;
    std::int64_t number = 0;
    Role role = Role::steward;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(ScannerRow, (), (id, number, role, name))

[[nodiscard]] ScannerRow add_scanner(sql::Tx& tx, const ScannerId& id, Role role);
[[nodiscard]] std::optional<ScannerRow> find_scanner(sql::Tx& tx, const ScannerId& id);

struct ScanToDecide {
    std::string nonce;
    Action action = Action::admit;
    Instant scanned_at;
    std::optional<admissions::Reason> refusal;  // that follows from the code alone
    std::string serial;
    std::int64_t generation = 0;
};
// Decides it, once for each nonce. Throws Conflict if another scanner has used the nonce.
[[nodiscard]] Scan decide(sql::Tx& tx, const ScannerRow& scanner, const Pack& pack, const ScanToDecide& scan);

// A scan that a phone has decided itself while it didn't reach the gate.
[[nodiscard]] admissions::RecordedScan record(sql::Tx& tx, const ScannerRow& scanner, const Pack& pack,
                                              const admissions::UploadedScan& scan);

// The response to an earlier request with this nonce. Throws Conflict if it was another scanner's, or if its
// outcome is not known yet.
[[nodiscard]] std::optional<Scan> find_response(sql::Tx& tx, const ScannerRow& scanner,
                                                const std::string& nonce);

// An undo that the shop has to do first, since it may know the admission.
struct UndoAtShop {
    std::string nonce, undoes, serial;
};
BOOST_DESCRIBE_STRUCT(UndoAtShop, (), (nonce, undoes, serial))
// Undoes an admission that the shop doesn't know, or begins to undo one that it may know. Of several requests
// about one admission, the first one's nonce counts: then the shop does it once, whoever asks again.
[[nodiscard]] std::variant<Scan, UndoAtShop> begin_undo(sql::Tx& tx, const ScannerRow& scanner,
                                                        const std::string& nonce, const std::string& undoes,
                                                        Instant scanned_at);
// Counts that the shop is asked now, and returns how often that is. nullopt: the undo has ended meanwhile.
[[nodiscard]] std::optional<std::int64_t> ask_to_undo(sql::Tx& tx, const UndoAtShop& undo);
// What the shop has done; returns what that means here.
[[nodiscard]] Scan end_undo(sql::Tx& tx, const UndoAtShop& undo, Scan at_shop);
// The shop has not done it, as far as it was asked `times` times; somebody else may have asked it meanwhile.
void forget_undo(sql::Tx& tx, const UndoAtShop& undo, std::int64_t times);
// Those whose outcome is not known.
[[nodiscard]] std::vector<UndoAtShop> open_undos(sql::Tx& tx);

struct ScanToUpload {
    std::int64_t number = 0;
    std::string nonce, serial;
    std::int64_t generation = 0;
    Action action = Action::admit;
    Instant at;
    std::int64_t shard = 0, epoch = 0;
};
BOOST_DESCRIBE_STRUCT(ScanToUpload, (), (number, nonce, serial, generation, action, at, shard, epoch))
// In the order of the scans. From now on the shop may know them.
[[nodiscard]] std::vector<ScanToUpload> next_uploads(sql::Tx& tx);
// The shop has them; or nothing was sent, so it can't know them.
void end_upload(sql::Tx& tx, const std::vector<ScanToUpload>& scans, bool uploaded);
// Those that the shop may or may not know, up to the one with this nonce.
[[nodiscard]] std::vector<ScanToUpload> sent_until(sql::Tx& tx, const std::string& nonce);

struct Counts {
    std::int64_t admitted = 0, inside = 0;
};
BOOST_DESCRIBE_STRUCT(Counts, (), (admitted, inside))
[[nodiscard]] Counts counts(sql::Tx& tx);

}  // namespace stagedoor::gate::store
