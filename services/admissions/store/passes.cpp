#include "services/admissions/store/passes.hpp"

#include <set>

#include "common/runtime/mutation.hpp"
#include "common/sql/row_inserter.hpp"
#include "services/admissions/store/listings.hpp"
#include "services/admissions/store/shards.hpp"
#include "services/admissions/store/transfers.hpp"

namespace stagedoor::admissions::store {
namespace {

const std::string select_pass = R"(
    SELECT p.id, p.serial, p.shard, p.number, p.ticket_id, p.order_id, p.holder_id, p.generation, p.status,
           p.entries, p.inside, p.created_at, p.admitted_at, p.version, coalesce(l.title, p.title),
           l.starts_at, l.time_zone, l.venue, l.city, l.seats, l.transfers, l.max_transfers,
           l.rotating, l.reentry, t.id, t.created_at
      FROM passes p JOIN listings l ON l.id = p.ticket_id
      LEFT JOIN transfers t ON t.pass_id = p.id AND t.status = 'open')";

void lock_shards_of(sql::Tx& tx, const OrderId& order, const TicketId& ticket) {
    tx.send(R"(
        INSERT INTO shards(ticket_id, shard)
        SELECT DISTINCT ticket_id, shard FROM passes WHERE order_id = $1 AND ticket_id = $2 ORDER BY shard
        ON CONFLICT DO NOTHING)",
            order, ticket);
    (void)tx.query<std::int64_t>(R"(
        SELECT shard FROM shards
         WHERE ticket_id = $2
           AND shard IN (SELECT shard FROM passes WHERE order_id = $1 AND ticket_id = $2)
         ORDER BY shard FOR UPDATE)",
                                 order, ticket);
}

}  // namespace

void issue(sql::Tx& tx, const std::vector<NewPass>& passes) {
    std::set<TicketId> tickets;
    for (const auto& pass : passes) tickets.insert(pass.ticket_id);
    sql::RowInserter listings{tx, "listings(id)", "ON CONFLICT DO NOTHING"};
    for (const auto& ticket : tickets) listings.add(ticket);
    listings.flush();
    sql::RowInserter rows{
        tx, "passes(id, order_id, ticket_id, number, serial, shard, holder_id, title, created_at)",
        "ON CONFLICT (order_id, ticket_id, number) DO NOTHING"};
    for (const auto& pass : passes) {
        rows.add(pass.id, pass.order_id, pass.ticket_id, pass.number, pass.serial, pass.shard, pass.holder_id,
                 pass.title, tx.now());
    }
    rows.flush();
}

void revoke(sql::Tx& tx, const OrderId& order, const TicketId& ticket) {
    lock_shards_of(tx, order, ticket);
    // First: an acknowledgement of this version must not cover what another transaction revokes.
    auto version = raise_revoked_version(tx, ticket);
    auto revoked = tx.execute(R"(
        UPDATE passes
           SET status = CASE WHEN shard IN (SELECT shard FROM shards
                                             WHERE ticket_id = $2 AND owner IS NOT NULL)
                             THEN 'revoking' ELSE 'revoked' END,
               revoking_version = $3,
               version = version + 1
         WHERE order_id = $1 AND ticket_id = $2 AND status = 'valid')",
                              order, ticket, version);
    if (revoked.rows == 0) return;
    tx.send(R"(
        INSERT INTO dead_generations(ticket_id, serial, generation)
        SELECT ticket_id, serial, generation FROM passes
         WHERE order_id = $1 AND ticket_id = $2 AND status <> 'valid'
        ON CONFLICT DO NOTHING)",
            order, ticket);
    end_offers(tx, order, ticket);
}

std::optional<PassRow> find_pass(sql::Tx& tx, const PassId& id) {
    return tx.find<PassRow>(select_pass + " WHERE p.id = $1", id);
}

std::optional<FoundPass> find_by_serial(sql::Tx& tx, const TicketId& ticket, const PassSerial& serial) {
    return tx.find<FoundPass>(
        "SELECT serial, generation, status FROM passes WHERE ticket_id = $1 AND serial = $2", ticket, serial);
}

std::vector<PassRow> passes_of_holder(sql::Tx& tx, const UserId& holder, const std::optional<OrderId>& order,
                                      const std::string& before, std::int64_t limit) {
    if (order) {
        return tx.query<PassRow>(select_pass +
                                     " WHERE p.order_id = $1 AND p.holder_id = $2 AND ($3 = '' OR p.id < $3)"
                                     " ORDER BY p.id DESC LIMIT $4",
                                 *order, holder, before, limit);
    }
    return tx.query<PassRow>(
        select_pass + " WHERE p.holder_id = $1 AND ($2 = '' OR p.id < $2) ORDER BY p.id DESC LIMIT $3",
        holder, before, limit);
}

bool has_passes(sql::Tx& tx, const OrderId& order) {
    return tx.find<std::int64_t>("SELECT 1 FROM passes WHERE order_id = $1 LIMIT 1", order).has_value();
}

void add_dead_generation(sql::Tx& tx, const PassRow& pass) {
    tx.send(
        "INSERT INTO dead_generations(ticket_id, serial, generation) VALUES ($1, $2, $3) ON CONFLICT DO "
        "NOTHING",
        pass.ticket_id, pass.serial, pass.generation);
}

std::vector<DeadGeneration> dead_generations(sql::Tx& tx, const TicketId& ticket) {
    if (runtime::mutated(Mutation::revoked_not_in_pack)) return {};
    return tx.query<DeadGeneration>(
        "SELECT serial, generation FROM dead_generations WHERE ticket_id = $1 ORDER BY serial, generation",
        ticket);
}

}  // namespace stagedoor::admissions::store
