// The one error shape: {"errors":[{"message","field"?}]}, which is also an RFC 9457 document.
#pragma once

#include "common/errors.hpp"
#include "common/http/message.hpp"

namespace stagedoor::http {

[[nodiscard]] Response problem(int status, const Problems& problems);
[[nodiscard]] Response problem(int status, std::string message);
// With Retry-After and Allow where the error has them.
[[nodiscard]] Response problem(const ApiError& error);

// The answer to whatever was thrown: an ApiError as it says; a database that can't do its work 503, all else
// 500 «Something went wrong», its text only in the log, under the request's id.
[[nodiscard]] Response problem(std::exception_ptr thrown, const Request& request);

}  // namespace stagedoor::http
