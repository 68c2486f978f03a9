// The key pairs that tokens are signed with.
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

// Those that are not retired, oldest first.
[[nodiscard]] std::vector<KeyRow> keys(sql::Tx& tx);

// Adds the key and tells key.added, unless another copy has added one of that number: then nothing.
void add_key(sql::Tx& tx, const KeyRow& key, security::Sessions& sessions);

// Retires every key whose successor has been active for `overlap`, and tells key.retired.
void retire_superseded(sql::Tx& tx, std::chrono::milliseconds overlap, security::Sessions& sessions);

}  // namespace stagedoor::auth::store
