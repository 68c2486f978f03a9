#include "services/admissions/store/keys.hpp"

namespace stagedoor::admissions::store {

std::vector<KeyRow> keys_of(sql::Tx& tx, const TicketId& ticket) {
    return tx.query<KeyRow>(
        "SELECT number, public_key, sealed, created_at FROM listing_keys WHERE ticket_id = $1 ORDER BY "
        "number",
        ticket);
}

void add_key(sql::Tx& tx, const TicketId& ticket, const KeyRow& key) {
    tx.send(
        "INSERT INTO listing_keys(ticket_id, number, public_key, sealed, created_at) VALUES ($1, $2, $3, $4, "
        "$5)"
        " ON CONFLICT DO NOTHING",
        ticket, key.number, key.public_key, key.sealed, key.created_at);
}

std::vector<StoredKey> keys_after(sql::Tx& tx, const StoredKey& last, std::int64_t limit) {
    return tx.query<StoredKey>(
        "SELECT ticket_id, number, sealed FROM listing_keys"
        " WHERE ticket_id > $1 OR (ticket_id = $1 AND number > $2) ORDER BY ticket_id, number LIMIT $3",
        last.ticket_id, last.number, limit);
}

void store_sealed_anew(sql::Tx& tx, const StoredKey& key, const std::string& sealed) {
    tx.send("UPDATE listing_keys SET sealed = $4 WHERE ticket_id = $1 AND number = $2 AND sealed = $3",
            key.ticket_id, key.number, key.sealed, sealed);
}

}  // namespace stagedoor::admissions::store
