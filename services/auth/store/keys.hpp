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

// The highest number that a key has had; 0 if there was none.
[[nodiscard]] std::int64_t last_key_number(sql::Tx& tx);

// Adds the key and publishes key.added. Does nothing if another replica has already added one with its
// number.
void add_key(sql::Tx& tx, const KeyRow& key, security::Sessions& sessions);

// Retires every key whose successor has been active for `overlap` and publishes key.retired for each.
void retire_superseded(sql::Tx& tx, std::chrono::milliseconds overlap, security::Sessions& sessions);

// Retires the key at once, or all of them, adds `next` with the next number, whatever number it has,
// and publishes the events. Returns the ids of the retired keys; if there are none, it has done nothing.
[[nodiscard]] std::vector<std::string> replace_keys(sql::Tx& tx, std::optional<std::string_view> id,
                                                    const KeyRow& next, security::Sessions& sessions);

// Stores a key that was encrypted anew, unless somebody has changed or retired it since `key` was read.
void store_sealed_anew(sql::Tx& tx, const KeyRow& key, std::string_view sealed_key);

// auth's other keys, by name, encrypted like those.
[[nodiscard]] std::optional<std::string> sealed_secret(sql::Tx& tx, std::string_view name);
// Keeps the one that another replica has already added.
void add_sealed_secret(sql::Tx& tx, std::string_view name, std::string_view sealed);
void replace_sealed_secret(sql::Tx& tx, std::string_view name, std::string_view sealed);
// Stores one that was encrypted anew, unless somebody has replaced `old` since.
void store_secret_sealed_anew(sql::Tx& tx, std::string_view name, std::string_view old,
                              std::string_view sealed);

}  // namespace stagedoor::auth::store
