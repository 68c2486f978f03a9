#include "services/auth/store/users.hpp"

#include "common/messaging/outbox.hpp"
#include "contracts/events/auth.hpp"

namespace stagedoor::auth::store {

std::vector<std::string> Identity::role_list() const {
    std::vector<std::string> list;
    for (std::string_view rest{roles}; !rest.empty();) {
        auto comma = std::min(rest.find(','), rest.size());
        list.emplace_back(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return list;
}

bool add_user(sql::Tx& tx, const UserId& id, const EmailAddress& email, const std::string& password_hash,
              std::optional<Language> language) {
    auto tag = language ? std::optional{std::string{to_tag(*language)}} : std::nullopt;
    auto added = tx.execute(R"(
        INSERT INTO users(id, email, password_hash, epoch, roles, version, created_at, signed_in_at, language)
        VALUES ($1, $2, $3, 0, '', 1, $4, $4, $5)
        ON CONFLICT (email) DO NOTHING)",
                            id, email.text, password_hash, tx.now(), tag);
    if (added.rows == 0) return false;
    outbox::publish(tx,
                    contracts::UserRegistered{.id = id, .email = email.text, .version = 1, .language = tag});
    return true;
}

std::optional<StoredPassword> password_of(sql::Tx& tx, const EmailAddress& email) {
    return tx.find<StoredPassword>("SELECT id, password_hash, disabled FROM users WHERE email = $1",
                                   email.text);
}

std::optional<std::string> password_of(sql::Tx& tx, const UserId& id) {
    return tx.find<std::string>("SELECT password_hash FROM users WHERE id = $1", id);
}

std::optional<Identity> record_sign_in(sql::Tx& tx, const StoredPassword& checked,
                                       const std::optional<std::string>& new_hash) {
    return tx.find<Identity>(R"(
        UPDATE users SET signed_in_at = $3, password_hash = $4
         WHERE id = $1 AND password_hash = $2 AND disabled = 0
        RETURNING id, email, epoch, roles, confirmed)",
                             checked.id, checked.hash, tx.now(), new_hash.value_or(checked.hash));
}

std::optional<Identity> replace_password(sql::Tx& tx, const StoredPassword& checked,
                                         const std::string& new_hash) {
    return tx.find<Identity>(R"(
        UPDATE users SET password_hash = $3, epoch = epoch + 1 WHERE id = $1 AND password_hash = $2
        RETURNING id, email, epoch, roles, confirmed)",
                             checked.id, checked.hash, new_hash);
}

Identity set_password(sql::Tx& tx, const UserId& id, const std::string& new_hash) {
    return tx
        .find<Identity>(R"(
        UPDATE users SET password_hash = $2, epoch = epoch + 1 WHERE id = $1
        RETURNING id, email, epoch, roles, confirmed)",
                        id, new_hash)
        .value();
}

Identity raise_epoch(sql::Tx& tx, const UserId& id) {
    return tx
        .find<Identity>(
            "UPDATE users SET epoch = epoch + 1 WHERE id = $1 RETURNING id, email, epoch, roles, confirmed",
            id)
        .value();
}

std::optional<Identity> identity(sql::Tx& tx, const UserId& id) {
    return tx.find<Identity>("SELECT id, email, epoch, roles, confirmed FROM users WHERE id = $1", id);
}

std::optional<User> lock_user(sql::Tx& tx, const EmailAddress& email) {
    return tx.find<User>("UPDATE users SET version = version WHERE email = $1 RETURNING id, email",
                         email.text);
}

std::optional<User> lock_unconfirmed(sql::Tx& tx, const UserId& id) {
    return tx.find<User>(
        "UPDATE users SET version = version WHERE id = $1 AND confirmed = 0 RETURNING id, email", id);
}

void confirm(sql::Tx& tx, const UserId& id) {
    auto confirmed = tx.find<contracts::UserConfirmed>(R"(
        UPDATE users SET confirmed = 1, version = version + 1 WHERE id = $1 AND confirmed = 0
        RETURNING id, email, version)",
                                                       id);
    if (confirmed) outbox::publish(tx, *confirmed);
}

bool is_confirmed(sql::Tx& tx, const UserId& id) {
    return tx.find<bool>("SELECT confirmed FROM users WHERE id = $1", id).value_or(false);
}

void set_language(sql::Tx& tx, const UserId& id, Language language) {
    auto chosen = tx.find<contracts::UserLanguageChosen>(R"(
        UPDATE users SET language = $2, version = version + 1
         WHERE id = $1 AND (language IS NULL OR language <> $2)
        RETURNING id, language, version)",
                                                         id, std::string{to_tag(language)});
    if (chosen) outbox::publish(tx, *chosen);
}

std::optional<std::string> language_of(sql::Tx& tx, const UserId& id) {
    return tx.find<std::optional<std::string>>("SELECT language FROM users WHERE id = $1", id)
        .value_or(std::nullopt);
}

void set_seller_name(sql::Tx& tx, const UserId& id, const std::string& name) {
    auto named = tx.find<contracts::SellerNamed>(R"(
        UPDATE users SET seller_name = $2, seller_version = seller_version + 1
         WHERE id = $1 AND coalesce(seller_name, '') <> $2
        RETURNING id, seller_name, seller_version)",
                                                 id, name);
    if (named) outbox::publish(tx, *named);
}

std::optional<std::string> seller_name_of(sql::Tx& tx, const UserId& id) {
    return tx.find<std::string>("SELECT seller_name FROM users WHERE id = $1 AND seller_name <> ''", id);
}

void set_roles(sql::Tx& tx, const UserId& id, const std::string& roles) {
    tx.execute("UPDATE users SET roles = $2 WHERE id = $1", id, roles);
}

void set_disabled(sql::Tx& tx, const UserId& id, bool disabled) {
    tx.execute("UPDATE users SET disabled = $2 WHERE id = $1", id, disabled);
}

}  // namespace stagedoor::auth::store
