#include "services/tickets/store/imports.hpp"

namespace stagedoor::tickets::store {

std::vector<Import> imports_of(sql::Tx& tx, const UserId& seller, std::int64_t limit) {
    return tx.query<Import>(
        "SELECT id, user_id, file, bytes, lines, accepted, rejected, digest, started_at, finished_at"
        " FROM imports WHERE user_id = $1 ORDER BY id DESC LIMIT $2",
        seller, limit);
}

std::int64_t count_imports(sql::Tx& tx, const UserId& seller) {
    return tx.find<std::int64_t>("SELECT count(*) FROM imports WHERE user_id = $1", seller).value();
}

bool advance_import(sql::Tx& tx, std::int64_t bytes, const Import& now) {
    if (bytes == 0) {
        return tx.execute(
                     "INSERT INTO imports(id, user_id, file, bytes, lines, accepted, rejected, digest,"
                     " started_at, finished_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
                     " ON CONFLICT DO NOTHING",
                     now.id, now.user_id, now.file, now.bytes, now.lines, now.accepted, now.rejected,
                     now.digest, now.started_at, now.finished_at)
                   .rows == 1;
    }
    return tx.execute(
                 "UPDATE imports SET bytes = $3, lines = $4, accepted = $5, rejected = $6, digest = $7,"
                 " finished_at = $8 WHERE id = $1 AND bytes = $2 AND finished_at IS NULL",
                 now.id, bytes, now.bytes, now.lines, now.accepted, now.rejected, now.digest, now.finished_at)
               .rows == 1;
}

}  // namespace stagedoor::tickets::store
