// auth: users, passwords, sessions, and the signing keys that let other services verify a session.
#pragma once

#include "common/security/password.hpp"
#include "common/service/deps.hpp"

namespace stagedoor::auth {

[[nodiscard]] Service make_service(ServiceDeps deps);
// With another password hasher; the simulation uses a fast one.
[[nodiscard]] Service make_service_with(ServiceDeps deps, std::unique_ptr<security::Passwords> passwords);

}  // namespace stagedoor::auth
