// The rows of passes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/admissions/door.hpp"
#include "services/admissions/pass.hpp"

namespace stagedoor::admissions::store {

struct NewPass {
    PassId id;
    OrderId order_id;
    TicketId ticket_id;
    std::int64_t number = 0;
    std::string serial;
    std::int64_t shard = 0;
    UserId holder_id;
    std::string title;
};

// Issues those that were not issued before.
void issue(sql::Tx& tx, const std::vector<NewPass>& passes);

// The tickets of this listing in the order are void: its passes are revoked and open offers of them end
// (transfer.revoked). One in a shard that a scanner owns is `revoking` until that acknowledges it.
void revoke(sql::Tx& tx, const OrderId& order, const TicketId& ticket);

[[nodiscard]] std::optional<PassRow> find_pass(sql::Tx& tx, const PassId& id);
[[nodiscard]] std::optional<FoundPass> find_by_serial(sql::Tx& tx, const TicketId& ticket,
                                                      const PassSerial& serial);

// At most `limit` passes of their holder, newest first, of one order if that is given: those with ids before
// `before`, or from the newest on if it is empty.
[[nodiscard]] std::vector<PassRow> passes_of_holder(sql::Tx& tx, const UserId& holder,
                                                    const std::optional<OrderId>& order,
                                                    const std::string& before, std::int64_t limit);

[[nodiscard]] bool has_passes(sql::Tx& tx, const OrderId& order);

// This generation of the pass is no longer valid: door packs have it from now on.
void add_dead_generation(sql::Tx& tx, const PassRow& pass);

struct DeadGeneration {
    std::string serial;
    std::int64_t generation = 0;
};
BOOST_DESCRIBE_STRUCT(DeadGeneration, (), (serial, generation))
// In order.
[[nodiscard]] std::vector<DeadGeneration> dead_generations(sql::Tx& tx, const TicketId& ticket);

}  // namespace stagedoor::admissions::store
