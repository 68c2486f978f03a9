// Timers as rows: they survive restarts, and the replica whose DELETE removes a row fires its timer.
#pragma once

#include <optional>
#include <string_view>

#include "common/sql/tx.hpp"
#include "contracts/ids.hpp"

namespace stagedoor::expiration::store {

// Database::listen() to this channel to be notified of a timer that is due before all others.
inline constexpr std::string_view timers_channel = "timers";

// Sets the order's timer, or moves it.
void set(sql::Tx& tx, const OrderId& order, Instant fires_at);
// The order is final: deletes its timer and its version counter.
void drop(sql::Tx& tx, const OrderId& order);

struct FireResult {
    std::int64_t fired = 0;
    std::optional<Instant> next;  // when the next timer is due; in the past if more are due already
};
// Deletes up to 500 due timers and publishes expiration.complete for each.
FireResult fire_due(sql::Tx& tx);

}  // namespace stagedoor::expiration::store
