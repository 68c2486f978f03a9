// What a caller is told when something can't be done. Thrown anywhere, turned into the one error shape in one
// place (common/http); the same words travel through `db.once`, so that a replayed request hears the same
// refusal.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stagedoor {

// One line of `errors`: what is wrong, and with which field of the request, if it is one.
struct Problem {
    std::string message;
    std::string field;  // wire name, e.g. "items[0].quantity"; empty: the request as a whole

    bool operator==(const Problem&) const = default;
};
using Problems = std::vector<Problem>;

// A refusal with its HTTP status. What is not of this family is a 500: logged, never shown.
class ApiError : public std::exception {
  public:
    ApiError(int status, Problems problems) : status_(status), problems_(std::move(problems)) {}
    ApiError(int status, std::string message, std::string field = {})
        : status_(status), problems_{{std::move(message), std::move(field)}} {}

    [[nodiscard]] int status() const { return status_; }
    [[nodiscard]] const Problems& problems() const { return problems_; }
    [[nodiscard]] const char* what() const noexcept override {
        return problems_.empty() ? "refused" : problems_.front().message.c_str();
    }

    // Sent as Retry-After, rounded up to whole seconds.
    std::optional<std::chrono::milliseconds> retry_after;
    // Sent as Allow with a 405.
    std::string allow;

  private:
    int status_;
    Problems problems_;
};

struct Invalid : ApiError {
    explicit Invalid(Problems problems) : ApiError(400, std::move(problems)) {}
    explicit Invalid(std::string message, std::string field = {})
        : ApiError(400, std::move(message), std::move(field)) {}
};
struct NotSignedIn : ApiError {
    explicit NotSignedIn(std::string message = "Not signed in") : ApiError(401, std::move(message)) {}
};
struct Forbidden : ApiError {
    explicit Forbidden(std::string message) : ApiError(403, std::move(message)) {}
};
struct NotFound : ApiError {
    explicit NotFound(std::string message = "Not found") : ApiError(404, std::move(message)) {}
};
struct Conflict : ApiError {
    explicit Conflict(Problems problems) : ApiError(409, std::move(problems)) {}
    explicit Conflict(std::string message, std::string field = {})
        : ApiError(409, std::move(message), std::move(field)) {}
};
struct TooManyRequests : ApiError {
    TooManyRequests(std::string message, std::chrono::milliseconds wait) : ApiError(429, std::move(message)) {
        retry_after = wait;
    }
};
struct Unavailable : ApiError {
    explicit Unavailable(std::string message, std::chrono::milliseconds wait = std::chrono::seconds{1})
        : ApiError(503, std::move(message)) {
        retry_after = wait;
    }
};

}  // namespace stagedoor
