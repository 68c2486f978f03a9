// The one error shape: {"errors":[{"message","field"?}]}, which is also an RFC 9457 document.
#pragma once

#include "common/errors.hpp"
#include "common/http/message.hpp"

namespace stagedoor::http {

[[nodiscard]] Response problem(int status, const Problems& problems);
[[nodiscard]] Response problem(int status, std::string message);
// With Retry-After and Allow if the error has them.
[[nodiscard]] Response problem(const ApiError& error);

// The response to any exception: an ApiError's own; 503 for a database error; otherwise 500 "Something went
// wrong", with the details only in the log, under the request id.
[[nodiscard]] Response problem(std::exception_ptr thrown, const Request& request);

}  // namespace stagedoor::http
