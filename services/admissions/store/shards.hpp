// Shards: who may admit the passes of each. Whatever admits, transfers or revokes a pass locks the row of its
// shard first, so that nothing is decided while a shard changes hands.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/admissions/code/ticket_code.hpp"

namespace stagedoor::admissions::store {

struct ShardRow {
    std::int64_t shard = 0, epoch = 0;
    std::optional<ScannerId> owner;  // none: the server
    bool lenient = false;            // taken from a scanner that may not know
};
BOOST_DESCRIBE_STRUCT(ShardRow, (), (shard, epoch, owner, lenient))

// The name of a shard in WriteOptions::hot_rows. Whatever locks several names them all.
[[nodiscard]] std::string hot_row(const TicketId& ticket, std::int64_t shard);
[[nodiscard]] std::vector<std::string> hot_rows_of_all(const TicketId& ticket);

// The rows of all shards, unless they exist. To be called before there are scanners.
void add_shards(sql::Tx& tx, const TicketId& ticket);

// Until the end of the transaction nobody else admits its passes or takes it. Adds its row if it is missing.
[[nodiscard]] ShardRow lock_shard(sql::Tx& tx, const TicketId& ticket, std::int64_t shard);
// The same for one of a listing with doors; in one round trip with other statements.
[[nodiscard]] sql::LaterRows<ShardRow> lock_existing_shard(sql::Tx& tx, const TicketId& ticket,
                                                           std::int64_t shard);
// All of them, in order.
[[nodiscard]] std::vector<ShardRow> lock_all_shards(sql::Tx& tx, const TicketId& ticket);
[[nodiscard]] std::vector<ShardRow> shards_of(sql::Tx& tx, const TicketId& ticket);

// The next ones are for locked shards.

// The server's shards become the scanner's. False if another scanner owns it, which then sees that it is
// wanted, or if it is lenient.
bool claim_shard(sql::Tx& tx, const TicketId& ticket, const ShardRow& shard, const ScannerId& scanner);
// The scanner gives it back, and with it what it has not acknowledged. Nothing changes at another epoch.
void release_shard(sql::Tx& tx, const TicketId& ticket, std::int64_t shard, std::int64_t epoch,
                   const ScannerId& scanner);
// Takes it from its owner, who may not know: from now on it is lenient. False if the server owns it.
[[nodiscard]] bool override_shard(sql::Tx& tx, const TicketId& ticket, std::int64_t shard);

// The owner of these shards knows all passes that were revoked up to `version`.
void acknowledge_revoked(sql::Tx& tx, const TicketId& ticket, const ScannerId& scanner, std::int64_t version);

// Of the scanner's shards, those that others want.
[[nodiscard]] std::vector<std::int64_t> wanted_shards(sql::Tx& tx, const ScannerId& scanner);

// Serials of a shard's passes that have been admitted: still inside, or out again.
struct Admitted {
    std::string serial;
    bool inside = false;
};
BOOST_DESCRIBE_STRUCT(Admitted, (), (serial, inside))
[[nodiscard]] std::vector<Admitted> admitted_in(sql::Tx& tx, const TicketId& ticket, std::int64_t shard);

// Passes that its owner has to acknowledge as revoked.
struct RevokingPass {
    std::string serial;
    std::int64_t generation = 0;
};
BOOST_DESCRIBE_STRUCT(RevokingPass, (), (serial, generation))
[[nodiscard]] std::vector<RevokingPass> revoking_passes(sql::Tx& tx, const TicketId& ticket,
                                                        const ScannerId& scanner);

}  // namespace stagedoor::admissions::store
