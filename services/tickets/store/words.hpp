// The word index that searches use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/tickets/listing.hpp"

namespace stagedoor::tickets::store {

// The distinct words of a text, sorted: folded (text::fold), split at everything but letters and digits, at
// most 64 bytes of each.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

// Replaces the index entries of a listing with the words of its title, venue, city and description.
void index_words(sql::Tx& tx, const Ticket& ticket);

// The event's date where it takes place, by which searches filter; nullopt without one.
[[nodiscard]] std::optional<std::int64_t> local_day(std::optional<Instant> starts_at,
                                                    std::string_view time_zone);

// Whether there are listings on sale whose indexed_version is not their version; indexes up to `limit` of
// them.
[[nodiscard]] bool has_outdated_listings(sql::Tx& tx);
void index_outdated_listings(sql::Tx& tx, std::int64_t limit);

}  // namespace stagedoor::tickets::store
