// The Idempotency-Key of a request.
#pragma once

#include <string>

namespace stagedoor {

// Identifies the repeats of one request.
struct IdempotencyKey {
    std::string user;
    std::string route;
    std::string key;  // the header; empty: none was sent, so the request is never a repeat
    // Reusing the key with another body is an error. The same JSON with its members in another order or other
    // white space is the same body.
    std::string body_hash;     // of its bytes
    std::string content_hash;  // of its JSON
    std::string traceparent;
};

}  // namespace stagedoor
