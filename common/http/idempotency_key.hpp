// The Idempotency-Key of a request.
#pragma once

#include <string>

namespace stagedoor {

// Tells a repeated request from a new one.
struct IdempotencyKey {
    std::string user;
    std::string route;
    std::string key;        // the header; empty: none was sent, and no request is a repeat of this one
    std::string body_hash;  // reusing the key with another body is an error
    std::string traceparent;
};

}  // namespace stagedoor
