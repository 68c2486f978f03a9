// The HTTP client of all tests, for one service in this process or for a whole marketplace.
#pragma once

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "testing/http/response.hpp"

namespace stagedoor::testing {

// There was no response: connection refused, connection lost, timeout.
struct NoResponse : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Sends requests that all have the same headers, such as those of a signed-in user. A value: each thread may
// use a copy.
class Client {
  public:
    // `method` as text: a test may use one that http::Method doesn't know.
    using Send = std::function<Response(std::string_view method, http::Request request)>;
    explicit Client(Send send) : send_(std::move(send)) {}
    // Over HTTP, by send() below.
    explicit Client(std::string base_url);

    [[nodiscard]] Response get(std::string target) const;
    [[nodiscard]] Response head(std::string target) const;
    [[nodiscard]] Response post(std::string target, std::string body = "{}") const;
    [[nodiscard]] Response put(std::string target, std::string body) const;
    [[nodiscard]] Response delete_(std::string target) const;
    // A body is JSON unless there is another Content-Type.
    [[nodiscard]] Response send(std::string_view method, std::string target, std::string body = {}) const;
    // The same client with one more header, which replaces those of that name.
    [[nodiscard]] Client with(std::string_view name, std::string value) const;

  private:
    Send send_;
    http::Headers headers_;
};

// Sends a request over this thread's connection, which is kept alive. Throws NoResponse. Checks the rules of
// docs/contract.md for all responses below /api: X-Request-Id, the one error shape.
[[nodiscard]] Response send(const std::string& base_url, const http::Request& request,
                            std::chrono::milliseconds timeout = std::chrono::seconds{30},
                            std::string_view method = {});

// Opens this thread's connection unless it is open.
void connect(const std::string& base_url);

[[nodiscard]] std::string json_text(std::string_view text);

}  // namespace stagedoor::testing
