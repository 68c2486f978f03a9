// A mail as it travels (RFC 5322 and MIME): the same words as text and as HTML.
#pragma once

#include <string>
#include <string_view>

#include "contracts/instant.hpp"

namespace stagedoor::notifications {

struct Message {
    std::string id;  // of the mail; Message-ID is made of it, so that a repeat collapses where it arrives
    std::string from, to;  // bare addresses
    Instant date;
    std::string subject, text, html;  // UTF-8
};

// Headers, an empty line, the body; lines end in CRLF and are 7 bit. No line break of the subject or the id becomes
// one of a header.
[[nodiscard]] std::string to_text(const Message& message);

}  // namespace stagedoor::notifications
