// auth: users, passwords, sessions, and the signing keys that let other services verify a session.
#pragma once

#include <string_view>

#include "common/security/password.hpp"
#include "common/service/service.hpp"

namespace stagedoor::auth {

[[nodiscard]] Service make_service(ServiceDeps deps);
// With another password hasher; the simulation uses a fast one.
[[nodiscard]] Service make_service_with(ServiceDeps deps, std::unique_ptr<security::Passwords> passwords);

// Gives the user with that email a role such as "admin", in effect from their next token; false if there is
// no such user. Implements `stagedoor grant EMAIL ROLE`.
[[nodiscard]] bool grant(sql::Tx& tx, std::string_view email, std::string_view role);

}  // namespace stagedoor::auth
