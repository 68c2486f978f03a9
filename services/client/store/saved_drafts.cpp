#include "services/client/store/saved_drafts.hpp"

#include <set>

namespace stagedoor::client::store {

bool update_saved_draft(sql::Tx& tx, const std::string& id, const UserId& user, const DraftContent& draft) {
    return tx.execute(R"(
        UPDATE saved_drafts SET title = $3, content = $4, saved_at = $5, expires_at = $6
         WHERE id = $1 AND user_id = $2)",
                      id, user, draft.title, draft.content, tx.now(), tx.now() + saved_draft_lifetime)
               .rows == 1;
}

// Of several at the same time, one takes the free slot and the others try the next.
bool add_saved_draft(sql::Tx& tx, const std::string& id, const UserId& user, const DraftContent& draft) {
    tx.send("DELETE FROM saved_drafts WHERE user_id = $1 AND expires_at <= $2", user, tx.now());
    std::set<std::int64_t> taken;
    for (auto slot : tx.query<std::int64_t>("SELECT slot FROM saved_drafts WHERE user_id = $1", user))
        taken.insert(slot);
    for (std::int64_t slot = 1; slot <= max_saved_drafts_of_user; ++slot) {
        if (taken.contains(slot)) continue;
        auto added = tx.execute(R"(
            INSERT INTO saved_drafts(id, user_id, slot, title, content, saved_at, expires_at)
            SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS TEXT),
                   CAST($6 AS BIGINT), CAST($7 AS BIGINT)
             WHERE (SELECT count(*) FROM saved_drafts) < $8
            ON CONFLICT (user_id, slot) DO NOTHING)",
                                id, user, slot, draft.title, draft.content, tx.now(),
                                tx.now() + saved_draft_lifetime, max_saved_drafts);
        if (added.rows == 1) return true;
    }
    return false;
}

std::optional<std::string> find_saved_draft(sql::Tx& tx, const std::string& id, const UserId& user) {
    return tx.find<std::string>(
        "SELECT content FROM saved_drafts WHERE id = $1 AND user_id = $2 AND expires_at > $3", id, user,
        tx.now());
}

std::vector<SavedDraft> saved_drafts_of(sql::Tx& tx, const UserId& user) {
    return tx.query<SavedDraft>(R"(
        SELECT id, title, saved_at, expires_at FROM saved_drafts
         WHERE user_id = $1 AND expires_at > $2 ORDER BY saved_at DESC, slot)",
                                user, tx.now());
}

void drop_saved_draft(sql::Tx& tx, const std::string& id, const UserId& user) {
    tx.send("DELETE FROM saved_drafts WHERE id = $1 AND user_id = $2", id, user);
}

std::int64_t drop_expired_saved_drafts(sql::Tx& tx, std::int64_t limit) {
    return tx
        .execute(
            "WITH old AS MATERIALIZED (SELECT id FROM saved_drafts WHERE expires_at <= $1 "
            "ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED) "
            "DELETE FROM saved_drafts WHERE id IN (SELECT id FROM old)",
            tx.now(), limit)
        .rows;
}

}  // namespace stagedoor::client::store
