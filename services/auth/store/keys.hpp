// The key pairs that sign tokens.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/security/sessions.hpp"
#include "common/sql/database.hpp"

namespace stagedoor::auth::store {

struct KeyRow {
    std::string id;
    std::int64_t number = 0;
    std::string public_key, sealed_key;  // base64url
    Instant created_at, active_at;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (), (id, number, public_key, sealed_key, created_at, active_at))

// All keys that are not retired, oldest first.
[[nodiscard]] std::vector<KeyRow> keys(sql::Tx& tx);

// Adds the key and publishes key.added. Does nothing if another replica has already added one with its
// number.
void add_key(sql::Tx& tx, const KeyRow& key, security::Sessions& sessions);

// Retires every key whose successor has been active for `overlap` and publishes key.retired for each.
void retire_superseded(sql::Tx& tx, std::chrono::milliseconds overlap, security::Sessions& sessions);

}  // namespace stagedoor::auth::store
