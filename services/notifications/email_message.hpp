// The wire format of an email (RFC 5322 and MIME), with a text and an HTML part, and perhaps a calendar file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "contracts/instant.hpp"

namespace stagedoor::notifications {

struct EmailMessage {
    std::string id;        // Message-ID is derived from it, so that mail programs recognise duplicates
    std::string from, to;  // bare addresses
    Instant date;
    std::string language;                      // a tag
    std::string subject, text, html;           // UTF-8
    std::optional<std::string> calendar = {};  // attached
};

// Headers, an empty line, the body; lines end in CRLF and are 7-bit. Line breaks in the subject or the id
// can't inject headers.
[[nodiscard]] std::string to_text(const EmailMessage& message);

}  // namespace stagedoor::notifications
