// The language of a visit, and the addresses of pages in a language: "/de/orders" is "/orders" in German.
#pragma once

#include <string>
#include <string_view>

#include "common/http/message.hpp"
#include "services/client/app.hpp"

namespace stagedoor::client {

// The visitor's choice in the footer, for a year.
inline constexpr std::string_view language_cookie = "language";

// By the path; else as chosen by hand; else as the browser prefers; else that of the settings.
[[nodiscard]] Language language_of(const App& app, const http::Request& request);

// What decides about the language when the path doesn't. With Accept-Encoding and the like added elsewhere.
inline constexpr auto language_vary = "Accept-Language, Cookie";

// "/de" and "/orders?after=x" -> "/de/orders?after=x". Addresses of other sites, and of what has no language,
// stay as they are, and so does one that is in a language already.
[[nodiscard]] std::string with_prefix(std::string_view prefix, std::string address);

// Without the language that it begins with: "/de/orders" -> "/orders".
[[nodiscard]] std::string without_prefix(std::string address);

// A page whose links and forms stay in its language. Values in it are escaped, so that none of them can look
// like the beginning of an attribute.
[[nodiscard]] std::string with_prefixed_links(std::string_view html, std::string_view prefix);

}  // namespace stagedoor::client
