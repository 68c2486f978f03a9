// The words that listings have, by which searches complete prefixes and correct typing errors. Words are only
// added: that no listing has one any more is found in the index.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/tickets/store/words.hpp"

namespace stagedoor::tickets::store {

// Remembers words that are known to be stored, so that a listing writes the new ones only. Bounded. Any
// thread.
class KnownWords {
  public:
    KnownWords();
    [[nodiscard]] bool contains(const std::string& row) const;
    // Once `tx` has committed.
    void add(sql::Tx& tx, std::vector<std::string> rows);

  private:
    struct Rows;
    std::shared_ptr<Rows> rows_;  // outlives the transactions that add to it
};

// Stores the listings' words and cities.
void add_vocabulary(sql::Tx& tx, KnownWords& known, std::span<const SearchText* const> listings);

// The words that begin with `prefix`; nullopt if there are too many to look up one by one.
[[nodiscard]] std::optional<std::vector<std::string>> words_with(sql::Tx& tx, const std::string& prefix);

// The words that differ from `word`, or from a form of which it may be the plural, by one typing error. At
// most 16; those with the same first letter come first, then by the alphabet.
[[nodiscard]] std::vector<std::string> corrections_of(sql::Tx& tx, std::string_view word);

// The names of up to `limit` cities that begin with `folded`, by the alphabet.
[[nodiscard]] std::vector<std::string> cities_with(sql::Tx& tx, const std::string& folded,
                                                   std::int64_t limit);

}  // namespace stagedoor::tickets::store
