// Passwords compared as plain text instead of with Argon2id, which takes 30 ms and tests nothing here. For
// the same reason plain_passwords.cpp replaces the function that derives keys from secrets.
#pragma once

#include <memory>

#include "common/security/password.hpp"

namespace stagedoor::simulation {

[[nodiscard]] std::unique_ptr<security::Passwords> make_plain_passwords();

}  // namespace stagedoor::simulation
