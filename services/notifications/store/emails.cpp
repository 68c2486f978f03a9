#include "services/notifications/store/emails.hpp"

namespace stagedoor::notifications::store {
namespace {

constexpr std::string_view email_columns = "id, user_id, kind, data, tries, created_at";
constexpr std::string_view stored_columns = "id, user_id, kind, data, tries, created_at, status, error";

}  // namespace

void add(sql::Tx& tx, const Email& email) {
    tx.send(R"(
        INSERT INTO mails(id, user_id, kind, data, status, due_at, tries, created_at)
        VALUES ($1, $2, $3, $4, 'queued', $5, 0, $5)
        ON CONFLICT (id) DO NOTHING)",
            email.id, email.user_id, email.kind, email.data, tx.now());
    tx.notify(queued_channel);
}

void deliver_now(sql::Tx& tx, const UserId& user) {
    tx.send("UPDATE mails SET due_at = $2 WHERE user_id = $1 AND status = 'queued' AND error = $3", user,
            tx.now(), not_confirmed);
    tx.notify(queued_channel);
}

Claimed claim(sql::Tx& tx, std::int64_t max, Instant until) {
    Claimed claimed;
    claimed.emails = tx.query<Email>(R"(
        WITH due AS MATERIALIZED (SELECT id FROM mails WHERE status = 'queued' AND due_at <= $2
                                   ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
        UPDATE mails SET due_at = $1, tries = tries + 1 WHERE id IN (SELECT id FROM due)
        RETURNING )" + std::string{email_columns},
                                     until, tx.now(), max);
    claimed.next_due =
        tx.find<std::optional<Instant>>("SELECT min(due_at) FROM mails WHERE status = 'queued'")
            .value_or(std::nullopt);
    return claimed;
}

void extend_lease(sql::Tx& tx, const Email& email, Instant from, Instant until) {
    tx.send(R"(
        UPDATE mails SET due_at = $4
         WHERE id = $1 AND status = 'queued' AND tries = $2 AND due_at = $3)",
            email.id, email.tries, from, until);
}

void mark_sent(sql::Tx& tx, const Email& email, const Reply& reply) {
    tx.send("UPDATE mails SET status = 'sent', sent_at = $2, error = NULL, reply = $3 WHERE id = $1",
            email.id, tx.now(), reply);
}

void postpone(sql::Tx& tx, const Email& email, Instant due_at, const std::string& error, const Reply& reply) {
    tx.send(R"(
        UPDATE mails SET due_at = $3, error = $4, reply = $5
         WHERE id = $1 AND status = 'queued' AND tries = $2)",
            email.id, email.tries, due_at, error, reply);
}

void give_up(sql::Tx& tx, const Email& email, const std::string& error, const Reply& reply) {
    tx.send(R"(
        UPDATE mails SET status = 'given_up', error = $3, reply = $4
         WHERE id = $1 AND status = 'queued' AND tries = $2)",
            email.id, email.tries, error, reply);
}

std::int64_t remove_content(sql::Tx& tx, Instant before, std::int64_t max) {
    return tx
        .execute(R"(
          WITH old AS MATERIALIZED (SELECT id FROM mails
                WHERE created_at < $1 AND data <> '' AND status <> 'queued'
                  AND NOT EXISTS (SELECT 1 FROM purchases_backfill)
                ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
        UPDATE mails SET data = '', error = NULL, reply = NULL WHERE id IN (SELECT id FROM old))",
                 before, max)
        .rows;
}

std::vector<StoredEmail> before(sql::Tx& tx, Instant created_at, const std::string& id, std::int64_t limit) {
    return tx.query<StoredEmail>("SELECT " + std::string{stored_columns} +
                                     " FROM mails WHERE (created_at, id) < ($1, $2) AND data <> ''"
                                     " ORDER BY created_at DESC, id DESC LIMIT $3",
                                 created_at, id, limit);
}

std::optional<StoredEmail> find(sql::Tx& tx, const std::string& id) {
    return tx.find<StoredEmail>(
        "SELECT " + std::string{stored_columns} + " FROM mails WHERE id = $1 AND data <> ''", id);
}

}  // namespace stagedoor::notifications::store
