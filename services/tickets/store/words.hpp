// The word index that searches use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/tickets/listing.hpp"

namespace stagedoor::tickets::store {

// The distinct words of a text, sorted: case and accents folded (Unicode NFKD, case folding, combining marks
// removed), split at everything but letters and digits, at most 64 bytes of each.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

// Replaces the index entries of a listing with the words of its title, venue, city and description.
void index_words(sql::Tx& tx, const Ticket& ticket);

}  // namespace stagedoor::tickets::store
