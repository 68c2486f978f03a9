// The timers' rows. They outlive a restart; which copy of the service fires one, its DELETE decides.
#pragma once

#include <optional>
#include <string_view>

#include "common/sql/tx.hpp"
#include "contracts/ids.hpp"

namespace stagedoor::expiration::store {

// Database::listen to this channel to hear that a timer was set before all others.
inline constexpr std::string_view timers_channel = "timers";

void set(sql::Tx& tx, const OrderId& order, Instant fires_at);
// The order is at its end: no time of it will be told any more.
void drop(sql::Tx& tx, const OrderId& order);

struct Round {
    std::int64_t fired = 0;
    std::optional<Instant> next;  // when the next timer is due; at once when more are due already
};
// Takes away what is due, at most 500 at once, and tells expiration.complete for each.
Round fire_due(sql::Tx& tx);

}  // namespace stagedoor::expiration::store
