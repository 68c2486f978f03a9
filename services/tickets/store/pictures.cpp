#include "services/tickets/store/pictures.hpp"

#include "common/runtime/mutation.hpp"

namespace stagedoor::tickets::store {

void add_picture(sql::Tx& tx, const UserId& owner, const UploadedPicture& picture) {
    tx.send(
        "INSERT INTO pictures(id, user_id, width, height, state, used_at) VALUES ($1, $2, $3, $4, "
        "'uploading', $5)",
        picture.id, owner, picture.width, picture.height, tx.now());
}

bool finish_picture(sql::Tx& tx, const UserId& owner, const UploadedPicture& picture) {
    auto finished =
        tx.execute("UPDATE pictures SET state = 'stored' WHERE id = $1 AND state = 'uploading'", picture.id);
    if (finished.rows == 1) return true;
    if (runtime::mutated(Mutation::late_upload_forgotten)) return false;
    abandon_picture(tx, owner, picture);
    return false;
}

void abandon_picture(sql::Tx& tx, const UserId& owner, const UploadedPicture& picture) {
    tx.send(
        "INSERT INTO pictures(id, user_id, width, height, state, used_at) VALUES ($1, $2, $3, $4,"
        " 'deleting', $5) ON CONFLICT (id) DO UPDATE SET state = excluded.state, used_at = excluded.used_at",
        picture.id, owner, picture.width, picture.height, tx.now());
}

bool is_stored(sql::Tx& tx, const std::string& id) {
    return tx.find<std::int64_t>("SELECT 1 FROM pictures WHERE id = $1 AND state = 'stored'", id).has_value();
}

std::optional<UploadedPicture> take_picture(sql::Tx& tx, const std::string& id, const UserId& seller) {
    if (runtime::mutated(Mutation::marked_picture_taken))
        return tx.find<UploadedPicture>("SELECT id, width, height FROM pictures WHERE id = $1", id);
    return tx.find<UploadedPicture>(
        "UPDATE pictures SET used_at = $3 WHERE id = $1 AND user_id = $2 AND state = 'stored'"
        " RETURNING id, width, height",
        id, seller, tx.now());
}

std::optional<UploadedPicture> take_picture(sql::Tx& tx, const std::string& id, const TicketId& listing,
                                            const UserId& editor) {
    return tx.find<UploadedPicture>(
        "UPDATE pictures SET used_at = $3 WHERE id = $1 AND state = 'stored'"
        " AND (user_id = (SELECT user_id FROM tickets WHERE id = $2) OR user_id = $4)"
        " RETURNING id, width, height",
        id, listing, tx.now(), editor);
}

std::vector<std::string> unused_pictures(sql::Tx& tx, Instant before, std::int64_t limit) {
    return tx.query<std::string>(
        "SELECT id FROM pictures WHERE state <> 'deleting' AND used_at < $1"
        " AND NOT EXISTS (SELECT 1 FROM tickets WHERE tickets.picture = pictures.id)"
        " ORDER BY used_at, id LIMIT $2",
        before, limit);
}

// `used_at` guards against a listing that takes the picture meanwhile: PostgreSQL evaluates it again after
// waiting for the row, which it doesn't do with the listings.
void mark_if_unused(sql::Tx& tx, const std::string& id, Instant before) {
    tx.send(
        "UPDATE pictures SET state = 'deleting' WHERE id = $1 AND state <> 'deleting' AND used_at < $2"
        " AND NOT EXISTS (SELECT 1 FROM tickets WHERE tickets.picture = pictures.id)",
        id, before);
}

std::vector<MarkedPicture> marked_pictures(sql::Tx& tx, std::int64_t limit) {
    return tx.query<MarkedPicture>(
        "SELECT id, used_at FROM pictures WHERE state = 'deleting' ORDER BY id LIMIT $1", limit);
}

void remove_picture(sql::Tx& tx, const MarkedPicture& picture) {
    tx.send("DELETE FROM pictures WHERE id = $1 AND state = 'deleting' AND used_at = $2", picture.id,
            picture.used_at);
}

}  // namespace stagedoor::tickets::store
