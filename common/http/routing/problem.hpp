// The one error shape: {"errors":[{"message","field"?}]}, which is also an RFC 9457 document.
#pragma once

#include "common/errors.hpp"
#include "common/http/message.hpp"

namespace stagedoor::http {

// The message as clients get it. Many show it alone, so one that continues the field's name ("must not be
// empty") begins with it: "Title must not be empty".
[[nodiscard]] std::string sentence(const Problem& problem);
// The last name in a field's path: "items[0].ticketId" → "Ticket ID".
[[nodiscard]] std::string field_in_words(std::string_view field);

[[nodiscard]] Response problem(int status, const Problems& problems);
[[nodiscard]] Response problem(int status, std::string message);
// With Retry-After and Allow if the error has them.
[[nodiscard]] Response problem(const ApiError& error);

// The response to any exception: an ApiError's own; 503 for a database error; otherwise 500 "Something went
// wrong", with the details only in the log, under the request id.
[[nodiscard]] Response problem(std::exception_ptr thrown, const Request& request);

}  // namespace stagedoor::http
