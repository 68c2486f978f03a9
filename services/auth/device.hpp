// Recognizes browsers in which a user has signed in before. Wrong passwords from elsewhere lock out browsers
// that the account doesn't know, but none of these (OWASP, "Slow Down Online Guessing Attacks with Device
// Cookies").
#pragma once

#include <optional>
#include <string>

#include "common/http/message.hpp"
#include "services/auth/app.hpp"

namespace stagedoor::auth {

// The id of the browser, if its cookie proves that `user` has signed in there.
[[nodiscard]] std::optional<std::string> known_device(const App& app, const http::Request& request,
                                                      const UserId& user);

// The Set-Cookie header that makes this browser a known one of `user`. It keeps the id that it has.
[[nodiscard]] std::string device_cookie(const App& app, const http::Request& request, const UserId& user);

}  // namespace stagedoor::auth
