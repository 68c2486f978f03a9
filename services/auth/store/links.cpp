#include "services/auth/store/links.hpp"

#include "common/messaging/outbox.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth::store {
namespace {

constexpr std::chrono::hours link_lifetime{1};

}  // namespace

void invalidate_links(sql::Tx& tx, const UserId& user, LinkPurpose purpose) {
    tx.send("DELETE FROM links WHERE user_id = $1 AND purpose = $2", user, purpose);
}

void issue_link(sql::Tx& tx, const NewLink& link, const User& user) {
    auto expires_at = tx.now() + link_lifetime;
    invalidate_links(tx, user.id, link.purpose);
    tx.send(R"(
        INSERT INTO links(token_hash, id, purpose, user_id, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6))",
            link.token_hash, link.id, link.purpose, user.id, tx.now(), expires_at);
    outbox::publish(tx, contracts::LinkIssued{.id = link.id,
                                              .purpose = link.purpose,
                                              .user_id = user.id,
                                              .email = user.email,
                                              .expires_at = expires_at,
                                              .language = language_of(tx, user.id)});
}

std::optional<UserId> owner_of_link(sql::Tx& tx, const std::string& token_hash, LinkPurpose purpose) {
    return tx.find<UserId>(R"(
        SELECT user_id FROM links
         WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3)",
                           token_hash, purpose, tx.now());
}

bool use_link(sql::Tx& tx, const std::string& token_hash, LinkPurpose purpose) {
    return tx.execute(R"(
        UPDATE links SET used_at = $3
         WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3)",
                      token_hash, purpose, tx.now())
               .rows == 1;
}

std::int64_t drop_expired_links(sql::Tx& tx, std::int64_t limit) {
    return tx
        .execute(
            "WITH old AS MATERIALIZED (SELECT token_hash FROM links WHERE expires_at <= $1 "
            "ORDER BY token_hash LIMIT $2 FOR UPDATE SKIP LOCKED) "
            "DELETE FROM links WHERE token_hash IN (SELECT token_hash FROM old)",
            tx.now(), limit)
        .rows;
}

}  // namespace stagedoor::auth::store
