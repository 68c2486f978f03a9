// The rows that searches read (search_entries): one per listing that is on sale.
#pragma once

#include "services/tickets/store/vocabulary.hpp"

namespace stagedoor::tickets::store {

// Writes the listings' entries, or replaces those that they have. `texts` are theirs, in the same order.
void write_entries(sql::Tx& tx, KnownWords& known, std::span<const Ticket> tickets,
                   std::span<const SearchText* const> texts);
void write_entries(sql::Tx& tx, KnownWords& known, std::span<const Ticket> tickets);
void remove_entry(sql::Tx& tx, const TicketId& id);

// The event's date where it takes place, by which searches filter; nullopt without one.
[[nodiscard]] std::optional<std::int64_t> local_day(std::optional<Instant> starts_at,
                                                    std::string_view time_zone);

// How many listings on sale have no entry of their version.
[[nodiscard]] std::int64_t count_outdated_listings(sql::Tx& tx);
// Writes entries of up to `limit` of them; returns how many it found.
std::int64_t index_outdated_listings(sql::Tx& tx, KnownWords& known, std::int64_t limit);

// Whether there are entries of events that had started by `time`, which no search finds any more; removes up
// to `limit` of them, and returns how many.
[[nodiscard]] bool has_past_entries(sql::Tx& tx, Instant time);
std::int64_t remove_past_entries(sql::Tx& tx, Instant time, std::int64_t limit);

}  // namespace stagedoor::tickets::store
