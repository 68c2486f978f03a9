#include "services/notifications/message.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>

#include "common/http/message.hpp"

namespace stagedoor::notifications {
namespace {

constexpr std::string_view boundary = "=_stagedoor";  // no line of base64 can be it

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

std::string base64(std::string_view bytes) {
    std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                      bytes.size(), sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();  // the NUL
    return text;
}

// As many whole UTF-8 characters from the start of `text` as fit into `most` bytes.
std::string_view first_characters(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text;
    auto end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end > 0 ? end : most);
}

// As it is when it is short and plain, else encoded words (RFC 2047), one a line; the first leaves room for the header's
// name.
std::string subject_text(std::string_view text) {
    constexpr std::size_t short_enough = 60, bytes_of_first_word = 39, bytes_of_a_word = 45;
    if (text.size() <= short_enough && std::ranges::all_of(text, is_printable) &&
        text.find("=?") == std::string_view::npos) {
        return std::string{text};
    }
    std::string words;
    while (!text.empty()) {
        auto part = first_characters(text, words.empty() ? bytes_of_first_word : bytes_of_a_word);
        text.remove_prefix(part.size());
        words += fmt::format("{}=?UTF-8?B?{}?=", words.empty() ? "" : "\r\n ", base64(part));
    }
    return words;
}

// As text travels, whatever it is encoded in (RFC 2046).
std::string with_crlf(std::string_view text) {
    std::string lines;
    for (char c : text) {
        if (c == '\n' && !lines.ends_with('\r')) lines += '\r';
        lines += c;
    }
    return lines;
}

std::string part(std::string_view type, std::string_view content) {
    constexpr std::size_t longest_line = 76;
    auto result =
        fmt::format("--{}\r\nContent-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
                    boundary, type);
    auto encoded = base64(with_crlf(content));
    result.reserve(result.size() + encoded.size() + encoded.size() / longest_line * 2 + 2);
    for (std::size_t at = 0; at < encoded.size(); at += longest_line)
        result.append(encoded, at, longest_line).append("\r\n");
    return result;
}

}  // namespace

std::string to_text(const Message& message) {
    auto date = fmt::gmtime(static_cast<std::time_t>(message.date.milliseconds / 1000));
    auto domain = std::string_view{message.from}.substr(message.from.find('@') + 1);
    auto text = fmt::format(
        "From: Stagedoor <{}>\r\nTo: <{}>\r\nSubject: {}\r\nDate: {:%a, %d %b %Y %T} +0000\r\n"
        "Message-ID: <{}@{}>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/alternative; boundary=\"{}\"\r\n\r\n",
        message.from, message.to, subject_text(message.subject), date, http::percent_encode(message.id),
        domain, boundary);
    text += part("text/plain", message.text);
    text += part("text/html", message.html);
    text += fmt::format("--{}--\r\n", boundary);
    return text;
}

}  // namespace stagedoor::notifications
