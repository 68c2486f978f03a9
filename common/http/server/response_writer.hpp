// What a finished Response needs before it goes out, and its head as bytes.
#pragma once

#include <string>
#include <string_view>

#include "common/http/message.hpp"
#include "common/http/server/compression.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::http {

// What is still needed of a request when its handler has it no more (or has moved parts out of it). Kept from
// one request to the next, so that its strings keep their room.
struct Asked {
    Method method = Method::get;
    std::string path;
    std::string if_none_match;
    std::string request_id;
    std::string traceparent;
    bool gzip = false;
    bool http_1_0 = false;
    bool keep_alive = true;

    // All but the last two.
    void note(const Request& request);
};

// "Sun, 06 Nov 1994 08:49:37 GMT", written anew once a second.
class Date {
  public:
    [[nodiscard]] std::string_view text(Instant now);

  private:
    std::int64_t second_ = -1;
    std::string text_;
};

// Tags it, or turns it into 304; compresses it. The tag and Vary say for caches what was done.
void negotiate(Response& response, const Asked& asked, Compressor& compressor);

// Whether its body is sent, that is, not only counted.
[[nodiscard]] bool sends_body(const Response& response, Method method);

// Appends status line and headers. Connection, Date, Content-Length and the ids are ours, whatever the
// handler says.
void write_head(std::string& out, const Response& response, const Asked& asked, std::string_view date);

}  // namespace stagedoor::http
