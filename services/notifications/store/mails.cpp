#include "services/notifications/store/mails.hpp"

namespace stagedoor::notifications::store {
namespace {

constexpr std::string_view mail_columns = "id, user_id, kind, data, tries, created_at";
constexpr std::string_view shown_columns = "id, user_id, kind, data, tries, created_at, status, error";

}  // namespace

void add(sql::Tx& tx, const Mail& mail) {
    tx.send(R"(
        INSERT INTO mails(id, user_id, kind, data, status, due_at, tries, created_at)
        VALUES ($1, $2, $3, $4, 'queued', $5, 0, $5)
        ON CONFLICT (id) DO NOTHING)",
            mail.id, mail.user_id, mail.kind, mail.data, tx.now());
    tx.notify(queued_channel);
}

Claimed claim(sql::Tx& tx, std::int64_t most, Instant until) {
    Claimed claimed;
    claimed.mails = tx.query<Mail>(R"(
        WITH due AS MATERIALIZED (SELECT id FROM mails WHERE status = 'queued' AND due_at <= $2
                                   ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
        UPDATE mails SET due_at = $1, tries = tries + 1 WHERE id IN (SELECT id FROM due)
        RETURNING )" + std::string{mail_columns},
                                   until, tx.now(), most);
    claimed.next_due =
        tx.find<std::optional<Instant>>("SELECT min(due_at) FROM mails WHERE status = 'queued'")
            .value_or(std::nullopt);
    return claimed;
}

void mark_sent(sql::Tx& tx, const Mail& mail) {
    tx.send("UPDATE mails SET status = 'sent', sent_at = $2, error = NULL WHERE id = $1", mail.id, tx.now());
}

void put_off(sql::Tx& tx, const Mail& mail, Instant due_at, const std::string& error) {
    tx.send("UPDATE mails SET due_at = $3, error = $4 WHERE id = $1 AND status = 'queued' AND tries = $2",
            mail.id, mail.tries, due_at, error);
}

void give_up(sql::Tx& tx, const Mail& mail, const std::string& error) {
    tx.send(
        "UPDATE mails SET status = 'given_up', error = $3 WHERE id = $1 AND status = 'queued' AND tries = $2",
        mail.id, mail.tries, error);
}

std::vector<ShownMail> before(sql::Tx& tx, Instant created_at, const std::string& id, std::int64_t limit) {
    return tx.query<ShownMail>("SELECT " + std::string{shown_columns} +
                                   " FROM mails WHERE (created_at, id) < ($1, $2)"
                                   " ORDER BY created_at DESC, id DESC LIMIT $3",
                               created_at, id, limit);
}

std::optional<ShownMail> find(sql::Tx& tx, const std::string& id) {
    return tx.find<ShownMail>("SELECT " + std::string{shown_columns} + " FROM mails WHERE id = $1", id);
}

}  // namespace stagedoor::notifications::store
