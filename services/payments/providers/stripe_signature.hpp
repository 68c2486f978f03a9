// The signature of Stripe's webhooks.
#pragma once

#include <string>
#include <string_view>

#include "contracts/instant.hpp"

namespace stagedoor::payments::stripe {

// The signature of a webhook, in hexadecimal; `time` is the header's text, in seconds.
[[nodiscard]] std::string signature(std::string_view time, std::string_view body, const std::string& secret);

// Whether Stripe, which shares `secret` with us, signed this body within 5 minutes of now. `header` is
// "t=<seconds>,v1=<HMAC-SHA256 of "t.body", hexadecimal>", with several v1 while secrets change.
[[nodiscard]] bool is_genuine(std::string_view body, std::string_view header, const std::string& secret,
                              Instant now);

}  // namespace stagedoor::payments::stripe
