// The rows of listings' keys.
#pragma once

#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "contracts/ids.hpp"

namespace stagedoor::admissions::store {

struct KeyRow {
    std::int64_t number = 0;
    std::string public_key;  // base64url
    std::string sealed;
    Instant created_at;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (), (number, public_key, sealed, created_at))

// By number.
[[nodiscard]] std::vector<KeyRow> keys_of(sql::Tx& tx, const TicketId& ticket);
// Unless the listing has a key of that number.
void add_key(sql::Tx& tx, const TicketId& ticket, const KeyRow& key);

}  // namespace stagedoor::admissions::store
