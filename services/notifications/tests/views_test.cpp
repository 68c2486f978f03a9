// The templates, and how they treat hostile input.
#include "services/notifications/tests/notifications_test.hpp"
#include "services/notifications/writer.hpp"

namespace stagedoor::notifications {
namespace {

TEST(Views, are_well_formed_and_escape) {
    auto assets = embedded_assets();
    EXPECT_NO_THROW(templates::Templates{assets});
    for (const auto& asset : assets) {
        EXPECT_EQ(asset.content.find(":none}}"), std::string::npos)
            << asset.path << ": every value is escaped";
        if (!asset.path.ends_with(".html") || asset.path.ends_with("/lines.html")) continue;
        EXPECT_TRUE(asset.content.starts_with("{{%AUTOESCAPE context=\"HTML\"}}")) << asset.path;
    }
}

struct Titles : Test {};

TEST_F(Titles, do_not_become_headers_or_markup) {
    auto bad = line("concert", 1, "buyer");
    bad.title = "<script>alert(1)</script>\r\nBcc: eve@example.com\r\n\r\n<b>";
    auto place = listing("concert");
    place.venue = "<img src=x>\nTotal: $0.00";
    place.seats = "\"><b>";
    notifications.receives(registered("buyer"), contracts::TicketCreated{place},
                           contracts::OrderCompleted{order("order-1", {bad})},
                           cancelled(order("order-2", {bad}), CancelReason::expired),
                           cancelled(order("order-3", {bad}), CancelReason::listing_cancelled),
                           contracts::OrderVoided{order("order-4", {bad}), TicketId{"concert"}});
    expect_accepted(5);
    auto moved = place;
    moved.version = 2;
    moved.title = bad.title;
    moved.venue = "<img src=y>\r\nBcc: eve@example.com";
    notifications.receives(contracts::TicketUpdated{moved});
    expect_accepted(6);
    for (const auto& accepted : mailer.accepted()) {
        auto received = parse_email(accepted.email.message);
        EXPECT_EQ(received.headers.size(), 8u) << accepted.email.message;
        EXPECT_EQ(received.headers.count("Bcc"), 0u);
        EXPECT_EQ(received.subject().find_first_of("\r\n"), std::string::npos);
        expect_none(received.html, {"<script", "<img", "<b>"});
        expect_none(received.text, {"\nBcc:", "\nTotal: $0.00"});
    }
}

}  // namespace
}  // namespace stagedoor::notifications
