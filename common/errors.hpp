// What can go wrong, by meaning. Thrown anywhere; common/http turns it into a status and the one error body.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contracts/message.hpp"

namespace stagedoor {

// One entry of an error body's `errors`.
struct Problem {
    Message message;
    std::string field;  // its name in JSON, e.g. "items[0].quantity"; empty: the request as a whole

    bool operator==(const Problem&) const = default;
};
using Problems = std::vector<Problem>;

enum class ErrorKind {
    invalid,
    not_signed_in,
    declined,  // a payment
    forbidden,
    not_found,
    method_not_allowed,
    conflict,
    precondition_failed,  // If-Match or If-None-Match
    too_large,
    unsupported_media_type,
    idempotency_key_reused,  // with a different request
    too_many_requests,
    unavailable,
};

// An error whose message the caller sees. Any other exception is a bug or an outage: logged, never shown.
class ApiError : public std::exception {
  public:
    ApiError(ErrorKind kind, Problems problems) : kind_(kind), problems_(std::move(problems)) {}
    ApiError(ErrorKind kind, Message message, std::string field = {})
        : kind_(kind), problems_{{std::move(message), std::move(field)}} {}

    [[nodiscard]] ErrorKind kind() const { return kind_; }
    [[nodiscard]] const Problems& problems() const { return problems_; }
    // For logs: the pattern of the first message, without its values.
    [[nodiscard]] const char* what() const noexcept override {
        return problems_.empty() ? "error" : problems_.front().message.pattern().c_str();
    }

    std::optional<std::chrono::milliseconds> retry_after;
    std::string allow;            // the allowed methods, for method_not_allowed
    std::string accept_encoding;  // for unsupported_media_type because of the body's content coding

  private:
    ErrorKind kind_;
    Problems problems_;
};

struct Invalid : ApiError {
    explicit Invalid(Problems problems) : ApiError(ErrorKind::invalid, std::move(problems)) {}
    explicit Invalid(Message message, std::string field = {})
        : ApiError(ErrorKind::invalid, std::move(message), std::move(field)) {}
};
struct NotSignedIn : ApiError {
    explicit NotSignedIn(Message message = "Not signed in"_text)
        : ApiError(ErrorKind::not_signed_in, std::move(message)) {}
};
struct Declined : ApiError {
    explicit Declined(Message message, std::string field = {})
        : ApiError(ErrorKind::declined, std::move(message), std::move(field)) {}
};
struct Forbidden : ApiError {
    explicit Forbidden(Problems problems) : ApiError(ErrorKind::forbidden, std::move(problems)) {}
    explicit Forbidden(Message message) : ApiError(ErrorKind::forbidden, std::move(message)) {}
};
struct NotFound : ApiError {
    explicit NotFound(Problems problems) : ApiError(ErrorKind::not_found, std::move(problems)) {}
    explicit NotFound(Message message = "Not found"_text)
        : ApiError(ErrorKind::not_found, std::move(message)) {}
};
struct Conflict : ApiError {
    explicit Conflict(Problems problems) : ApiError(ErrorKind::conflict, std::move(problems)) {}
    explicit Conflict(Message message, std::string field = {})
        : ApiError(ErrorKind::conflict, std::move(message), std::move(field)) {}
};
struct PreconditionFailed : ApiError {
    explicit PreconditionFailed(Message message, std::string field = {})
        : ApiError(ErrorKind::precondition_failed, std::move(message), std::move(field)) {}
};
struct TooManyRequests : ApiError {
    TooManyRequests(Message message, std::chrono::milliseconds wait)
        : ApiError(ErrorKind::too_many_requests, std::move(message)) {
        retry_after = wait;
    }
};
struct Unavailable : ApiError {
    explicit Unavailable(Message message, std::chrono::milliseconds wait = std::chrono::seconds{1})
        : ApiError(ErrorKind::unavailable, std::move(message)) {
        retry_after = wait;
    }
};

}  // namespace stagedoor
