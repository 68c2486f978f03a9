#include "services/notifications/email_message.hpp"

#include <gtest/gtest.h>

#include "services/notifications/tests/parsed_email.hpp"

namespace stagedoor::notifications {
namespace {

EmailMessage message(std::string subject) {
    return {.id = "order-1.tickets",
            .from = "tickets@stagedoor.example",
            .to = "buyer@example.com",
            .date = Instant::parse("2026-05-02T17:30:00Z").value(),
            .subject = std::move(subject),
            .text = "Grüße – 1 < 2\n.\nFrom here\n",
            .html = "<p>Grüße</p>"};
}

TEST(EmailMessage, has_all_required_headers) {
    auto received = parse_email(to_text(message("Your tickets")));
    EXPECT_EQ(received.headers.at("From"), "Stagedoor <tickets@stagedoor.example>");
    EXPECT_EQ(received.headers.at("To"), "<buyer@example.com>");
    EXPECT_EQ(received.headers.at("Date"), "Sat, 02 May 2026 17:30:00 +0000");
    EXPECT_EQ(received.headers.at("Message-ID"), "<order-1.tickets@stagedoor.example>");
    EXPECT_EQ(received.headers.at("Auto-Submitted"), "auto-generated");
    EXPECT_EQ(received.headers.at("MIME-Version"), "1.0");
    EXPECT_EQ(received.text, "Grüße – 1 < 2\r\n.\r\nFrom here\r\n");
    EXPECT_EQ(received.html, "<p>Grüße</p>");
}

TEST(EmailMessage, encodes_any_subject_in_short_lines) {
    std::string longest;
    for (int i = 0; i < 60; ++i) longest += "Grüße – 🎭 ";
    for (const auto& subject :
         {std::string{"plain"}, std::string{"Grüße – 🎭"}, longest, std::string(300, 'a'),
          std::string{"=?UTF-8?B?cmVk?="}, std::string{"two\r\nBcc: eve@example.com"}}) {
        auto text = to_text(message(subject));
        EXPECT_EQ(parse_email(text).subject(), subject);
        EXPECT_EQ(parse_email(text).headers.count("Bcc"), 0u);
        for (std::size_t at = 0, end = 0; at < text.size(); at = end + 2) {
            end = text.find("\r\n", at);
            ASSERT_LE(end - at, 76u) << text.substr(at, end - at);
        }
        for (auto c : text) ASSERT_TRUE((c >= ' ' && c <= '~') || c == '\r' || c == '\n');
    }
}

TEST(EmailMessage, carries_a_calendar_file) {
    auto with_file = message("Your tickets");
    with_file.calendar = "BEGIN:VCALENDAR\r\nSUMMARY:Grüße\r\nEND:VCALENDAR\r\n";
    auto text = to_text(with_file);
    auto received = parse_email(text);
    EXPECT_EQ(received.calendar, *with_file.calendar);
    EXPECT_EQ(received.html, "<p>Grüße</p>");
    EXPECT_NE(text.find("Content-Disposition: attachment; filename=\"event.ics\"\r\n"), std::string::npos);
    EXPECT_EQ(parse_email(to_text(message("Your tickets"))).calendar, "");
}

TEST(EmailMessage, has_no_line_break_from_an_id) {
    auto odd = message("Your tickets");
    odd.id = "one\r\nBcc: eve@example.com";
    EXPECT_EQ(parse_email(to_text(odd)).headers.count("Bcc"), 0u);
}

}  // namespace
}  // namespace stagedoor::notifications
