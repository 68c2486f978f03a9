#include "services/auth/link.hpp"

#include "common/security/link.hpp"

namespace stagedoor::auth {

store::NewLink new_link(const App& app, contracts::LinkPurpose purpose, Instant now) {
    LinkId id{runtime::new_uuid(app.random, now)};
    auto token = security::link_token(id.text, json::to_text(purpose), app.settings.mail_link_secret);
    return {std::move(id), purpose, security::hash_of_token(token)};
}

void throw_invalid_link() {
    throw Invalid("This link is invalid or has expired. Request a new one"_text, "token");
}

}  // namespace stagedoor::auth
