#include "services/auth/typed_password.hpp"

#include "common/text/visible.hpp"
#include "services/auth/limits.hpp"

namespace stagedoor::auth {

Task<PasswordMatch> match(App& app, std::string typed, std::string hash) {
    auto prepared = text::opaque_string(typed);
    if (prepared && co_await app.passwords->matches(*prepared, hash)) co_return PasswordMatch::prepared;
    if (prepared == typed) co_return PasswordMatch::none;
    auto matches = co_await app.passwords->matches(std::move(typed), std::move(hash));
    co_return matches ? PasswordMatch::as_typed : PasswordMatch::none;
}

Task<std::optional<std::string>> replacement_hash(App& app, PasswordMatch match, std::string typed,
                                                  const std::string& hash) {
    if (match != PasswordMatch::as_typed && !security::is_outdated(hash)) co_return std::nullopt;
    auto prepared = text::opaque_string(typed);
    if (!prepared) co_return std::nullopt;
    co_return co_await app.passwords->hash(std::move(*prepared));
}

Task<store::StoredPassword> require_password(App& app, const UserId& user, std::string typed,
                                             std::string field) {
    auto limited = app.rate_limits;
    auto hash = co_await app.db.write([&](sql::Tx& tx) {
        if (limited) security::count_attempt(tx, password_checks, user.text);
        return store::password_of(tx, user);
    });
    if (!hash) throw NotSignedIn();
    if (co_await match(app, std::move(typed), *hash) == PasswordMatch::none)
        throw Invalid("Current password is wrong"_text, field);
    co_return store::StoredPassword{user, std::move(*hash)};
}

}  // namespace stagedoor::auth
