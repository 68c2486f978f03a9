// A mailed link before it is issued, and what is said of one that can't be used.
#pragma once

#include "services/auth/app.hpp"
#include "services/auth/store/links.hpp"

namespace stagedoor::auth {

[[nodiscard]] store::NewLink new_link(const App& app, contracts::LinkPurpose purpose, Instant now);

// Throws Invalid: the same words whether it is wrong, used, replaced or too old.
[[noreturn]] void refuse_link();

}  // namespace stagedoor::auth
