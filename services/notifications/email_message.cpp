#include "services/notifications/email_message.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>

#include "common/http/message.hpp"
#include "common/text/utf8.hpp"

namespace stagedoor::notifications {
namespace {

// Neither can occur in base64, nor is one the beginning of the other.
constexpr std::string_view boundary = "=_stagedoor", outer_boundary = "=_attached";

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

std::string base64(std::string_view bytes) {
    std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                      bytes.size(), sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();  // the NUL
    return text;
}

// Unchanged if short and printable ASCII, else encoded words (RFC 2047), one per line; the first leaves room
// for the header name.
std::string subject_text(std::string_view text) {
    constexpr std::size_t max_plain = 60, first_word_bytes = 39, word_bytes = 45;
    if (text.size() <= max_plain && std::ranges::all_of(text, is_printable) &&
        text.find("=?") == std::string_view::npos) {
        return std::string{text};
    }
    std::string words;
    while (!text.empty()) {
        auto max_bytes = words.empty() ? first_word_bytes : word_bytes;
        auto part = text::prefix(text, max_bytes);
        if (part.empty()) part = text.substr(0, max_bytes);  // not UTF-8
        text.remove_prefix(part.size());
        words += fmt::format("{}=?UTF-8?B?{}?=", words.empty() ? "" : "\r\n ", base64(part));
    }
    return words;
}

// MIME text has CRLF line ends in any encoding (RFC 2046).
std::string with_crlf(std::string_view text) {
    std::string lines;
    for (char c : text) {
        if (c == '\n' && !lines.ends_with('\r')) lines += '\r';
        lines += c;
    }
    return lines;
}

std::string part(std::string_view between, std::string_view type, std::string_view content) {
    constexpr std::size_t max_line = 76;
    auto result = fmt::format(
        "--{}\r\nContent-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n", between, type);
    if (between == outer_boundary) result += "Content-Disposition: attachment; filename=\"event.ics\"\r\n";
    result += "\r\n";
    auto encoded = base64(with_crlf(content));
    result.reserve(result.size() + encoded.size() + encoded.size() / max_line * 2 + 2);
    for (std::size_t at = 0; at < encoded.size(); at += max_line)
        result.append(encoded, at, max_line).append("\r\n");
    return result;
}

}  // namespace

std::string to_text(const EmailMessage& message) {
    auto date = fmt::gmtime(static_cast<std::time_t>(message.date.milliseconds / 1000));
    auto domain = std::string_view{message.from}.substr(message.from.find('@') + 1);
    auto text = fmt::format(
        "From: Stagedoor <{}>\r\nTo: <{}>\r\nSubject: {}\r\nDate: {:%a, %d %b %Y %T} +0000\r\n"
        "Message-ID: <{}@{}>\r\nAuto-Submitted: auto-generated\r\nContent-Language: {}\r\nMIME-Version: "
        "1.0\r\n",
        message.from, message.to, subject_text(message.subject), date, http::percent_encode(message.id),
        domain, message.language);
    if (message.calendar)
        text += fmt::format("Content-Type: multipart/mixed; boundary=\"{}\"\r\n\r\n--{}\r\n", outer_boundary,
                            outer_boundary);
    text += fmt::format("Content-Type: multipart/alternative; boundary=\"{}\"\r\n\r\n", boundary);
    text += part(boundary, "text/plain", message.text);
    text += part(boundary, "text/html", message.html);
    text += fmt::format("--{}--\r\n", boundary);
    if (message.calendar)
        text += part(outer_boundary, "text/calendar", *message.calendar) +
                fmt::format("--{}--\r\n", outer_boundary);
    return text;
}

}  // namespace stagedoor::notifications
