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

// ---- to encrypt them anew

struct StoredKey {
    TicketId ticket_id;
    std::int64_t number = 0;
    std::string sealed;
};
BOOST_DESCRIBE_STRUCT(StoredKey, (), (ticket_id, number, sealed))

// At most `limit` keys of all listings, in order, after that one.
[[nodiscard]] std::vector<StoredKey> keys_after(sql::Tx& tx, const StoredKey& last, std::int64_t limit);
// Unless somebody has changed it since it was read.
void store_sealed_anew(sql::Tx& tx, const StoredKey& key, const std::string& sealed);

}  // namespace stagedoor::admissions::store
