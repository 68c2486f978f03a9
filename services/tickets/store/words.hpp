// The words that a listing is found by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/tickets/listing.hpp"

namespace stagedoor::tickets::store {

// Folded for case and accents (Unicode NFKD, case folding, marks dropped), split at what is no letter or
// digit; each word once, at most 64 bytes of it.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

// Replaces the words of a listing by those of its title, venue, city and description.
void index_words(sql::Tx& tx, const Ticket& ticket);

}  // namespace stagedoor::tickets::store
