// Prepares a response for sending, and writes its head.
#pragma once

#include <string>
#include <string_view>

#include "common/http/message.hpp"
#include "common/http/server/compression.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::http {

// What the response depends on in the request, copied since the handler may change that. Reused for all
// requests of a connection, so that the strings keep their capacity.
struct RequestInfo {
    Method method = Method::get;
    std::string path;
    std::string if_match, if_none_match;
    std::string client;  // its address
    std::string request_id;
    std::string traceparent;
    bool gzip = false;
    bool http_1_0 = false;
    bool keep_alive = true;

    // Sets all but the last two.
    void capture(const Request& request);
};

// "Sun, 06 Nov 1994 08:49:37 GMT", formatted once a second.
class Date {
  public:
    [[nodiscard]] std::string_view text(Instant now);

  private:
    std::int64_t second_ = -1;
    std::string text_;
};

// Adds an ETag, turns the response into a 304 or 412, compresses it; with the Vary that caches need.
void negotiate(Response& response, const RequestInfo& request, Compressor& compressor);

// Whether the body is sent, rather than only its length.
[[nodiscard]] bool sends_body(const Response& response, Method method);

// Appends status line and headers. Connection, Date, Content-Length and X-Request-Id are ours; the handler's
// are ignored. The one place that adds the security headers, to whatever is sent; of those that the handler
// has set, its own count. `https`: also Strict-Transport-Security.
void write_head(std::string& out, const Response& response, const RequestInfo& request, std::string_view date,
                bool https);

}  // namespace stagedoor::http
