#include "services/client/store/drafts.hpp"

namespace stagedoor::client::store {

bool add_draft(sql::Tx& tx, const std::string& id, const DraftOwner& owner, const std::string& content) {
    auto added = tx.execute(R"(
        INSERT INTO form_drafts(id, browser, user_id, content, expires_at)
        SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT)
         WHERE (SELECT count(*) FROM form_drafts) < $6)",
                            id, owner.browser, owner.user, content, tx.now() + draft_lifetime, max_drafts);
    if (added.rows == 0) return false;
    tx.send(R"(
        DELETE FROM form_drafts WHERE browser = $1 AND id NOT IN
            (SELECT id FROM form_drafts WHERE browser = $1 ORDER BY expires_at DESC, id DESC LIMIT $2))",
            owner.browser, max_drafts_per_browser);
    return true;
}

std::optional<std::string> find_draft(sql::Tx& tx, const std::string& id, const DraftOwner& owner) {
    return tx.find<std::string>(R"(
        SELECT content FROM form_drafts
         WHERE id = $1 AND browser = $2 AND (user_id IS NULL OR user_id = $3) AND expires_at > $4)",
                                id, owner.browser, owner.user, tx.now());
}

void drop_drafts_of(sql::Tx& tx, const std::string& browser) {
    tx.send("DELETE FROM form_drafts WHERE browser = $1", browser);
}

std::int64_t drop_expired_drafts(sql::Tx& tx, std::int64_t limit) {
    return tx
        .execute(
            "WITH old AS MATERIALIZED (SELECT id FROM form_drafts WHERE expires_at <= $1 "
            "ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED) "
            "DELETE FROM form_drafts WHERE id IN (SELECT id FROM old)",
            tx.now(), limit)
        .rows;
}

}  // namespace stagedoor::client::store
