#include "services/admissions/store/shards.hpp"

#include "common/runtime/mutation.hpp"
#include "common/sql/row_inserter.hpp"

namespace stagedoor::admissions::store {
namespace {

constexpr std::string_view shard_columns = "shard, epoch, owner, lenient";

// What a scanner has not acknowledged is revoked all the same once the shard is no longer its own.
void finish_revoking(sql::Tx& tx, const TicketId& ticket, std::int64_t shard) {
    tx.send(
        "UPDATE passes SET status = 'revoked', version = version + 1"
        " WHERE ticket_id = $1 AND shard = $2 AND status = 'revoking'",
        ticket, shard);
}

}  // namespace

std::string hot_row(const TicketId& ticket, std::int64_t shard) {
    return "shard " + ticket.text + " " + std::to_string(shard);
}

std::vector<std::string> hot_rows_of_all(const TicketId& ticket) {
    std::vector<std::string> rows;
    for (int shard = 0; shard < code::shard_count; ++shard) rows.push_back(hot_row(ticket, shard));
    return rows;
}

void add_shards(sql::Tx& tx, const TicketId& ticket) {
    sql::RowInserter rows{tx, "shards(ticket_id, shard)", "ON CONFLICT DO NOTHING"};
    for (int shard = 0; shard < code::shard_count; ++shard) rows.add(ticket, shard);
    rows.flush();
}

ShardRow lock_shard(sql::Tx& tx, const TicketId& ticket, std::int64_t shard) {
    return tx
        .find<ShardRow>(
            "INSERT INTO shards(ticket_id, shard) VALUES ($1, $2) ON CONFLICT (ticket_id, shard)"
            " DO UPDATE SET shard = excluded.shard RETURNING " +
                std::string{shard_columns},
            ticket, shard)
        .value();
}

sql::LaterRows<ShardRow> lock_existing_shard(sql::Tx& tx, const TicketId& ticket, std::int64_t shard) {
    return tx.query_later<ShardRow>("SELECT " + std::string{shard_columns} +
                                        " FROM shards WHERE ticket_id = $1 AND shard = $2 FOR UPDATE",
                                    ticket, shard);
}

std::vector<ShardRow> lock_all_shards(sql::Tx& tx, const TicketId& ticket) {
    return tx.query<ShardRow>("SELECT " + std::string{shard_columns} +
                                  " FROM shards WHERE ticket_id = $1 ORDER BY shard FOR UPDATE",
                              ticket);
}

std::vector<ShardRow> shards_of(sql::Tx& tx, const TicketId& ticket) {
    return tx.query<ShardRow>(
        "SELECT " + std::string{shard_columns} + " FROM shards WHERE ticket_id = $1 ORDER BY shard", ticket);
}

bool claim_shard(sql::Tx& tx, const TicketId& ticket, const ShardRow& shard, const ScannerId& scanner) {
    if (shard.owner == scanner) return true;
    auto claimed = tx.execute(
        "UPDATE shards SET owner = $3, epoch = epoch + 1, wanted = 0"
        " WHERE ticket_id = $1 AND shard = $2 AND (owner IS NULL OR $4 = 1) AND lenient = 0",
        ticket, shard.shard, scanner, runtime::mutated(Mutation::shard_taken_from_owner));
    if (claimed.rows == 1) return true;
    tx.send("UPDATE shards SET wanted = 1 WHERE ticket_id = $1 AND shard = $2 AND owner IS NOT NULL", ticket,
            shard.shard);
    return false;
}

void release_shard(sql::Tx& tx, const TicketId& ticket, std::int64_t shard, std::int64_t epoch,
                   const ScannerId& scanner) {
    auto released = tx.execute(
        "UPDATE shards SET owner = NULL, epoch = epoch + 1, wanted = 0"
        " WHERE ticket_id = $1 AND shard = $2 AND epoch = $3 AND owner = $4",
        ticket, shard, epoch, scanner);
    if (released.rows == 1) finish_revoking(tx, ticket, shard);
}

bool override_shard(sql::Tx& tx, const TicketId& ticket, std::int64_t shard) {
    auto taken = tx.execute(
        "UPDATE shards SET owner = NULL, lenient = 1, epoch = epoch + 1, wanted = 0"
        " WHERE ticket_id = $1 AND shard = $2 AND owner IS NOT NULL",
        ticket, shard);
    if (taken.rows == 0) return false;
    finish_revoking(tx, ticket, shard);
    return true;
}

void acknowledge_revoked(sql::Tx& tx, const TicketId& ticket, const ScannerId& scanner,
                         std::int64_t version) {
    tx.send(R"(
        UPDATE passes SET status = 'revoked', version = version + 1
         WHERE ticket_id = $1 AND status = 'revoking' AND revoking_version <= $3
           AND shard IN (SELECT shard FROM shards WHERE ticket_id = $1 AND owner = $2))",
            ticket, scanner, version);
}

std::vector<std::int64_t> wanted_shards(sql::Tx& tx, const ScannerId& scanner) {
    return tx.query<std::int64_t>("SELECT shard FROM shards WHERE owner = $1 AND wanted = 1 ORDER BY shard",
                                  scanner);
}

std::vector<Admitted> admitted_in(sql::Tx& tx, const TicketId& ticket, std::int64_t shard) {
    if (runtime::mutated(Mutation::entries_not_handed_over)) return {};
    return tx.query<Admitted>(
        "SELECT serial, inside FROM passes WHERE ticket_id = $1 AND shard = $2 AND entries > 0 ORDER BY "
        "serial",
        ticket, shard);
}

std::vector<RevokingPass> revoking_passes(sql::Tx& tx, const TicketId& ticket, const ScannerId& scanner) {
    return tx.query<RevokingPass>(R"(
        SELECT serial, generation FROM passes
         WHERE ticket_id = $1 AND status = 'revoking'
           AND shard IN (SELECT shard FROM shards WHERE ticket_id = $1 AND owner = $2)
         ORDER BY serial)",
                                  ticket, scanner);
}

}  // namespace stagedoor::admissions::store
