// A message as whoever gets it reads it.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace stagedoor::notifications {

struct Received {
    std::map<std::string, std::string> headers;  // unfolded and decoded; of two with one name the last
    std::string text, html;

    [[nodiscard]] const std::string& subject() const { return headers.at("Subject"); }
    [[nodiscard]] std::string all() const { return subject() + "\n" + text + "\n" + html; }
};

// Throws std::runtime_error for what is no multipart/alternative of text and HTML.
[[nodiscard]] Received read_message(std::string_view message);

}  // namespace stagedoor::notifications
