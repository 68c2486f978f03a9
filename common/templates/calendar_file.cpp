#include "common/templates/calendar_file.hpp"

#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>

#include "common/text/utf8.hpp"

namespace stagedoor::templates {
namespace {

// "20260502T173000Z"
std::string utc(Instant instant) {
    date::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds{instant.milliseconds}};
    return date::format("%Y%m%dT%H%M%SZ", date::floor<std::chrono::seconds>(time));
}

// A value of type TEXT (RFC 5545, 3.3.11). Control characters, which it can't have, become spaces.
std::string escaped(std::string_view text) {
    std::string value;
    for (auto c : text) {
        if (c == '\\' || c == ';' || c == ',') value += '\\';
        if (c == '\n')
            value += "\\n";
        else if (c != '\r')
            value += static_cast<unsigned char>(c) < ' ' || c == '\x7F' ? ' ' : c;
    }
    return value;
}

// A line, folded after at most 75 bytes (3.1), between characters.
void append_line(std::string& file, std::string_view name, std::string_view value) {
    constexpr std::size_t max_bytes = 75;
    auto line = fmt::format("{}:{}", name, value);
    std::string_view rest{line};
    auto room = max_bytes;
    while (rest.size() > room) {
        auto part = text::prefix(rest, room);
        if (part.empty()) part = rest.substr(0, room);  // not UTF-8
        file.append(part).append("\r\n ");
        rest.remove_prefix(part.size());
        room = max_bytes - 1;  // after the space
    }
    file.append(rest).append("\r\n");
}

}  // namespace

std::string calendar_file(const std::vector<CalendarEvent>& events) {
    std::string file;
    append_line(file, "BEGIN", "VCALENDAR");
    append_line(file, "VERSION", "2.0");
    append_line(file, "PRODID", "-//Stagedoor//Tickets//EN");
    for (const auto& event : events) {
        append_line(file, "BEGIN", "VEVENT");
        append_line(file, "UID", escaped(event.order_id.text + "." + event.ticket_id.text) + "@stagedoor");
        append_line(file, "DTSTAMP", utc(event.written_at));
        append_line(file, "DTSTART", utc(event.starts_at));
        append_line(file, "SUMMARY", escaped(event.title));
        if (event.place) append_line(file, "LOCATION", escaped(*event.place));
        if (event.link) append_line(file, "URL", *event.link);
        append_line(file, "END", "VEVENT");
    }
    append_line(file, "END", "VCALENDAR");
    return file;
}

}  // namespace stagedoor::templates
