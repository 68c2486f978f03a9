// The Idempotency-Key of a request.
#pragma once

#include <string>

namespace stagedoor {

// Identifies the repeats of one request.
struct IdempotencyKey {
    std::string user;
    std::string route;
    std::string key;        // the header; empty: none was sent, so the request is never a repeat
    std::string body_hash;  // reusing the key with another body is an error
    std::string traceparent;
};

}  // namespace stagedoor
