#include "common/templates/calendar_file.hpp"

#include <gtest/gtest.h>

#include "common/text/utf8.hpp"

namespace stagedoor::templates {
namespace {

CalendarEvent event() {
    return {.order_id = OrderId{"order-1"},
            .ticket_id = TicketId{"concert"},
            .title = "Bach, Händel; and \\ sons\nEND:VCALENDAR",
            .starts_at = Instant::parse("2026-05-02T19:30:00+02:00").value(),
            .written_at = Instant::parse("2026-01-01T00:00:00Z").value(),
            .place = "Alte Oper, Frankfurt",
            .link = "https://tickets.example/my/tickets/one"};
}

TEST(CalendarFile, has_the_event_in_utc) {
    EXPECT_EQ(calendar_file({event()}),
              "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Stagedoor//Tickets//EN\r\n"
              "BEGIN:VEVENT\r\nUID:order-1.concert@stagedoor\r\nDTSTAMP:20260101T000000Z\r\n"
              "DTSTART:20260502T173000Z\r\n"
              "SUMMARY:Bach\\, Händel\\; and \\\\ sons\\nEND:VCALENDAR\r\n"
              "LOCATION:Alte Oper\\, Frankfurt\r\nURL:https://tickets.example/my/tickets/one\r\n"
              "END:VEVENT\r\nEND:VCALENDAR\r\n");
}

TEST(CalendarFile, folds_long_lines_between_characters) {
    auto odd = event();
    odd.title.clear();
    for (int i = 0; i < 60; ++i) odd.title += "Grüße 🎭";
    auto file = calendar_file({odd});
    std::string unfolded;
    for (std::size_t at = 0, end = 0; at < file.size(); at = end + 2) {
        end = file.find("\r\n", at);
        auto line = file.substr(at, end - at);
        EXPECT_LE(line.size(), 75u) << line;
        EXPECT_TRUE(text::is_utf8(line)) << line;
        unfolded += line.starts_with(' ') ? line.substr(1) : line;
    }
    EXPECT_NE(unfolded.find("SUMMARY:" + odd.title), std::string::npos);
}

TEST(CalendarFile, no_text_becomes_a_line) {
    auto odd = event();
    odd.title = "one\r\nATTENDEE:mailto:eve@example.com\x01";
    odd.place = "here\nATTENDEE:x";
    auto file = calendar_file({odd});
    EXPECT_EQ(file.find("\nATTENDEE"), std::string::npos);
    EXPECT_EQ(file.find('\x01'), std::string::npos);
}

}  // namespace
}  // namespace stagedoor::templates
