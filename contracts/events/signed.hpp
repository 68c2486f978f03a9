// The services whose events decide who is signed in and what is paid: every subscriber verifies their
// signatures, and no program that uses a broker starts without the keys.
#pragma once

#include <array>
#include <string_view>

namespace stagedoor::contracts {

inline constexpr std::array<std::string_view, 2> signing_services{"auth", "payments"};

}  // namespace stagedoor::contracts
