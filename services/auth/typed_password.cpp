#include "services/auth/typed_password.hpp"

#include "common/text/visible.hpp"

namespace stagedoor::auth {

Task<PasswordMatch> match(App& app, std::string typed, std::string hash) {
    auto prepared = text::opaque_string(typed);
    if (prepared && co_await app.passwords->matches(*prepared, hash)) co_return PasswordMatch::prepared;
    if (prepared == typed) co_return PasswordMatch::none;
    auto matches = co_await app.passwords->matches(std::move(typed), std::move(hash));
    co_return matches ? PasswordMatch::as_typed : PasswordMatch::none;
}

Task<std::optional<std::string>> replacement_hash(App& app, PasswordMatch match, std::string typed) {
    if (match != PasswordMatch::as_typed) co_return std::nullopt;
    auto prepared = text::opaque_string(typed);
    if (!prepared) co_return std::nullopt;
    co_return co_await app.passwords->hash(std::move(*prepared));
}

}  // namespace stagedoor::auth
