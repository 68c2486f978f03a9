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

}  // namespace stagedoor::admissions::store
