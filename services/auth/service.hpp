// auth: who people are, that they are signed in, and the keys that prove it to the other services.
#pragma once

#include <string_view>

#include "common/security/password.hpp"
#include "common/service/service.hpp"

namespace stagedoor::auth {

[[nodiscard]] Service make_service(ServiceDeps deps);
// With another way to hash passwords.
[[nodiscard]] Service make_service_with(ServiceDeps deps, std::unique_ptr<security::Passwords> passwords);

// Gives the user of that e-mail a role ("admin") from the next token on; false when there is no such user.
// Behind `stagedoor grant EMAIL ROLE`.
[[nodiscard]] bool grant(sql::Tx& tx, std::string_view email, std::string_view role);

}  // namespace stagedoor::auth
