// HTTP status codes (RFC 9110) and the errors they represent.
#pragma once

#include <optional>
#include <string_view>

#include "common/errors.hpp"

namespace stagedoor::http {

inline constexpr int ok = 200, created = 201, no_content = 204, see_other = 303, not_modified = 304,
                     permanent_redirect = 308, internal_error = 500;

[[nodiscard]] constexpr bool is_success(int status) { return status >= 200 && status < 300; }

[[nodiscard]] int status_of(ErrorKind kind);
// nullopt for a status that no kind of error has: any success, and any 5xx but 503.
[[nodiscard]] std::optional<ErrorKind> error_kind_of(int status);

// "Not Found" for 404.
[[nodiscard]] std::string_view reason(int status);

}  // namespace stagedoor::http
