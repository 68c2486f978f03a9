#include "services/admissions/store/transfers.hpp"

#include "common/errors.hpp"
#include "common/messaging/outbox.hpp"
#include "contracts/events/admissions.hpp"
#include "services/admissions/store/listings.hpp"
#include "services/admissions/store/passes.hpp"
#include "services/admissions/store/shards.hpp"

namespace stagedoor::admissions::store {
namespace {

constexpr std::string_view transfer_columns =
    "id, pass_id, generation, from_user_id, to_user_id, status, version, created_at, claimed_at";

// Of `passes p` and `listings l`. Lenient doors may admit any generation that their packs know.
constexpr std::string_view is_transferable = R"(
    p.status = 'valid' AND p.entries = 0 AND l.transfers = 'allowed'
    AND (l.max_transfers IS NULL OR p.generation <= l.max_transfers)
    AND (l.mode = 'strict' OR l.doors_opened_at IS NULL))";

template <class Event>
Event to_event(const TransferRow& row, const PassRow& pass) {
    Event event;
    event.id = row.id;
    event.pass_id = row.pass_id;
    event.order_id = pass.order_id;
    event.ticket_id = pass.ticket_id;
    event.title = pass.title;
    event.from_user_id = row.from_user_id;
    event.to_user_id = row.to_user_id;
    event.version = row.version;
    return event;
}

void require_at_server(const ShardRow& shard) {
    if (shard.owner || shard.lenient)
        throw Conflict("The doors are open, and this ticket may be scanned at any moment"_text);
}

[[noreturn]] void throw_not_transferable(sql::Tx& tx, const PassId& id) {
    auto pass = find_pass(tx, id).value();
    if (pass.validity != Validity::valid) throw Conflict("This ticket is no longer valid"_text);
    if (pass.entries > 0) throw Conflict("This ticket has been used"_text);
    if (pass.transfers == Transfers::forbidden)
        throw Conflict("The seller doesn't allow tickets of this event to be passed on"_text);
    if (pass.max_transfers && pass.generation > *pass.max_transfers)
        throw Conflict("This ticket has been passed on as often as the seller allows"_text);
    throw Conflict("The doors are open, and this ticket may be scanned at any moment"_text);
}

std::optional<TransferRow> open_offer(sql::Tx& tx, const PassId& pass) {
    return tx.find<TransferRow>(
        "SELECT " + std::string{transfer_columns} + " FROM transfers WHERE pass_id = $1 AND status = 'open'",
        pass);
}

}  // namespace

std::optional<TransferRow> find_transfer(sql::Tx& tx, const TransferId& id) {
    return tx.find<TransferRow>("SELECT " + std::string{transfer_columns} + " FROM transfers WHERE id = $1",
                                id);
}

TransferRow offer(sql::Tx& tx, const TransferId& id, const PassRow& pass, const UserId& holder) {
    require_at_server(lock_shard(tx, pass.ticket_id, pass.shard));
    auto offered =
        tx.find<TransferRow>(R"(
        INSERT INTO transfers(id, pass_id, generation, from_user_id, status, version, created_at)
        SELECT $1, p.id, p.generation, p.holder_id, 'open', 1, $4
          FROM passes p JOIN listings l ON l.id = p.ticket_id
         WHERE p.id = $2 AND p.holder_id = $3 AND )" +
                                 std::string{is_transferable} + " ON CONFLICT DO NOTHING RETURNING " +
                                 std::string{transfer_columns},
                             id, pass.id, holder, tx.now());
    if (offered) {
        outbox::publish(tx, to_event<contracts::TransferOffered>(*offered, pass));
        return *offered;
    }
    if (auto open = open_offer(tx, pass.id); open && open->from_user_id == holder) return *open;
    throw_not_transferable(tx, pass.id);
}

void claim(sql::Tx& tx, const TransferId& id, const PassRow& pass, const UserId& claimant) {
    auto shard = lock_shard(tx, pass.ticket_id, pass.shard);
    // The first time, no response may have arrived.
    auto before = find_transfer(tx, id).value();
    if (before.status == TransferStatus::claimed && before.to_user_id == claimant) return;
    require_at_server(shard);
    auto claimed = tx.find<TransferRow>(R"(
        UPDATE transfers SET status = 'claimed', to_user_id = $2, claimed_at = $3, version = version + 1
         WHERE id = $1 AND status = 'open' AND from_user_id <> $2 RETURNING )" +
                                            std::string{transfer_columns},
                                        id, claimant, tx.now());
    if (!claimed) {
        auto transfer = find_transfer(tx, id).value();
        if (transfer.from_user_id == claimant) throw Conflict("This ticket is yours"_text);
        throw Conflict(transfer.status == TransferStatus::claimed
                           ? "Somebody else has already claimed this ticket"_text
                           : "This ticket is no longer offered"_text);
    }
    auto passed_on = tx.execute(R"(
        UPDATE passes SET generation = generation + 1, holder_id = $2, version = version + 1
         WHERE id = $1 AND generation = $3
           AND EXISTS (SELECT 1 FROM passes p JOIN listings l ON l.id = p.ticket_id WHERE p.id = $1 AND )" +
                                    std::string{is_transferable} + ")",
                                pass.id, claimant, claimed->generation);
    if (passed_on.rows == 0) throw_not_transferable(tx, pass.id);
    auto old = pass;
    old.generation = claimed->generation;
    add_dead_generation(tx, old);
    (void)raise_revoked_version(tx, pass.ticket_id);
    outbox::publish(tx, to_event<contracts::TransferClaimed>(*claimed, pass));
}

bool end_offer(sql::Tx& tx, const TransferId& id, const PassRow& pass) {
    auto ended = tx.find<TransferRow>(
        "UPDATE transfers SET status = 'revoked', version = version + 1 WHERE id = $1 AND status = 'open'"
        " RETURNING " +
            std::string{transfer_columns},
        id);
    if (ended) outbox::publish(tx, to_event<contracts::TransferRevoked>(*ended, pass));
    return ended.has_value();
}

void end_offers(sql::Tx& tx, const OrderId& order, const TicketId& ticket) {
    auto open = tx.query<TransferId>(R"(
        SELECT t.id FROM transfers t JOIN passes p ON p.id = t.pass_id
         WHERE p.order_id = $1 AND p.ticket_id = $2 AND t.status = 'open' ORDER BY t.id)",
                                     order, ticket);
    for (const auto& id : open) {
        auto transfer = find_transfer(tx, id).value();
        end_offer(tx, id, find_pass(tx, transfer.pass_id).value());
    }
}

std::vector<Generation> transferred_generations(sql::Tx& tx, const PassId& pass) {
    return tx.query<Generation>(
        "SELECT generation + 1, claimed_at, 'transferred' FROM transfers"
        " WHERE pass_id = $1 AND status = 'claimed' ORDER BY generation",
        pass);
}

}  // namespace stagedoor::admissions::store
