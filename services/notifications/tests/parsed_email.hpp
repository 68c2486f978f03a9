// Parses an email like its recipient's mail program.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace stagedoor::notifications {

struct ParsedEmail {
    std::map<std::string, std::string> headers;  // unfolded and decoded; the last one of each name
    std::string text, html;
    std::string calendar;  // empty: none is attached

    [[nodiscard]] const std::string& subject() const { return headers.at("Subject"); }
    [[nodiscard]] std::string all() const { return subject() + "\n" + text + "\n" + html; }
};

// Throws std::runtime_error unless it is a multipart/alternative of text and HTML, alone or with a calendar
// file attached to it.
[[nodiscard]] ParsedEmail parse_email(std::string_view message);

}  // namespace stagedoor::notifications
