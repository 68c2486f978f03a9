// Creating email links, and the error for links that cannot be used.
#pragma once

#include "services/auth/app.hpp"
#include "services/auth/store/links.hpp"

namespace stagedoor::auth {

[[nodiscard]] store::NewLink new_link(const App& app, contracts::LinkPurpose purpose, Instant now);

// Throws Invalid, with the same message for an unknown, used, replaced or expired link.
[[noreturn]] void throw_invalid_link();

}  // namespace stagedoor::auth
