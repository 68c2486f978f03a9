#include "services/notifications/tests/parsed_email.hpp"

#include <sodium.h>

#include <stdexcept>

namespace stagedoor::notifications {
namespace {

std::string from_base64(std::string_view text) {
    std::string bytes(text.size(), '\0');
    std::size_t size = 0;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                          text.size(), "\r\n", &size, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0) {
        throw std::runtime_error("not base64: " + std::string{text});
    }
    bytes.resize(size);
    return bytes;
}

// Removes everything up to and including `mark`; returns the part before it.
std::string_view cut(std::string_view& rest, std::string_view mark) {
    auto at = rest.find(mark);
    if (at == std::string_view::npos) throw std::runtime_error("no " + std::string{mark});
    auto before = rest.substr(0, at);
    rest.remove_prefix(at + mark.size());
    return before;
}

std::string decoded(std::string_view value) {
    constexpr std::string_view opens = "=?UTF-8?B?";
    std::string text;
    while (value.starts_with(opens)) {
        value.remove_prefix(opens.size());
        text += from_base64(cut(value, "?="));
        if (value.starts_with(' ')) value.remove_prefix(1);
    }
    return text.append(value);
}

std::map<std::string, std::string> read_headers(std::string_view block) {
    std::string unfolded;
    for (auto rest = block; !rest.empty();) {
        auto line = rest.find("\r\n ") == std::string_view::npos ? rest : cut(rest, "\r\n ");
        unfolded += line;
        if (line.data() == rest.data()) break;
        unfolded += ' ';
    }
    unfolded += "\r\n";
    std::map<std::string, std::string> headers;
    for (std::string_view rest = unfolded; !rest.empty();) {
        auto line = cut(rest, "\r\n");
        auto name = std::string{cut(line, ": ")};
        headers[name] = decoded(line);
    }
    return headers;
}

std::string read_part(std::string_view part, const std::string& type) {
    auto headers = read_headers(cut(part, "\r\n\r\n"));
    if (headers.at("Content-Type") != type + "; charset=utf-8" ||
        headers.at("Content-Transfer-Encoding") != "base64") {
        throw std::runtime_error("unexpected content type or encoding");
    }
    return from_base64(part);
}

}  // namespace

ParsedEmail parse_email(std::string_view message) {
    ParsedEmail received{
        .headers = read_headers(cut(message, "\r\n\r\n")), .text = {}, .html = {}, .calendar = {}};
    auto type = received.headers.at("Content-Type");
    if (type.starts_with("multipart/mixed")) {
        std::string_view rest{type};
        cut(rest, "boundary=\"");
        auto outer = "--" + std::string{cut(rest, "\"")};
        cut(message, outer + "\r\n");
        auto inner = cut(message, outer + "\r\n");
        received.calendar = read_part(cut(message, outer + "--\r\n"), "text/calendar");
        message = inner;
        type = read_headers(cut(message, "\r\n\r\n")).at("Content-Type");
    }
    std::string_view rest{type};
    cut(rest, "multipart/alternative; boundary=\"");
    auto boundary = "--" + std::string{cut(rest, "\"")};
    cut(message, boundary + "\r\n");
    received.text = read_part(cut(message, boundary + "\r\n"), "text/plain");
    received.html = read_part(cut(message, boundary + "--\r\n"), "text/html");
    return received;
}

}  // namespace stagedoor::notifications
