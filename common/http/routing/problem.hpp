// The one error shape: {"errors":[{"message","field"?}]}, which is also an RFC 9457 document.
#pragma once

#include "common/errors.hpp"
#include "common/http/message.hpp"
#include "common/language/language.hpp"

namespace stagedoor::http {

// The message as clients get it. Many show it alone, so one that continues the field's name ("must not be
// empty") begins with it: "Title must not be empty".
[[nodiscard]] std::string sentence(const Problem& problem, Language language = Language::en);
// The last name in a field's path: "items[0].ticketId" → "Ticket ID".
[[nodiscard]] std::string field_in_words(std::string_view field, Language language = Language::en);

[[nodiscard]] Response problem(int status, const Problems& problems, Language language = Language::en);
[[nodiscard]] Response problem(int status, Message message, Language language = Language::en);
// With Retry-After and Allow if the error has them.
[[nodiscard]] Response problem(const ApiError& error, Language language = Language::en);

// The response to any exception: an ApiError's own; 503 for a database error; otherwise 500 "Something went
// wrong", with the details only in the log, under the request id. In the language that the request prefers,
// else English.
[[nodiscard]] Response problem(std::exception_ptr thrown, const Request& request);

}  // namespace stagedoor::http
