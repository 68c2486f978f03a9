// The templates, and how they treat hostile input.
#include "services/notifications/tests/notifications_test.hpp"
#include "services/notifications/writer.hpp"

namespace stagedoor::notifications {
namespace {

TEST(Views, are_well_formed_and_escape) {
    auto assets = embedded_assets();
    EXPECT_NO_THROW(EmailViews{assets});
    for (const auto& asset : assets) {
        EXPECT_EQ(asset.content.find(":none}}"), std::string::npos)
            << asset.path << ": every value is escaped";
        if (!asset.path.ends_with(".html") || asset.path.ends_with("/lines.html")) continue;
        EXPECT_TRUE(asset.content.starts_with("{{%AUTOESCAPE context=\"HTML\"}}")) << asset.path;
    }
}

struct TextOfSellers : Test {
    // Causes an email of each kind that contains text of sellers: about this line of an order, and about the
    // listing `place`, which moves.
    void send_all_kinds(const contracts::Listing& place, contracts::Listing moved,
                        const contracts::OrderLine& bad) {
        notifications.receives(registered("buyer"), contracts::TicketCreated{place},
                               contracts::OrderCompleted{order("order-1", {bad})},
                               cancelled(order("order-2", {bad}), CancelReason::expired),
                               cancelled(order("order-3", {bad}), CancelReason::listing_cancelled),
                               contracts::OrderVoided{order("order-4", {bad}), TicketId{"concert"}});
        expect_accepted(5);
        moved.version = 2;
        moved.title = bad.title;
        notifications.receives(contracts::TicketUpdated{moved});
        expect_accepted(6);
        auto passed_on = transfer("one");
        passed_on.title = bad.title;
        auto revoked = passed_on;
        revoked.id = TransferId{"two"};
        notifications.receives(contracts::TransferOffered{passed_on}, claimed(passed_on, "buyer"),
                               contracts::TransferRevoked{revoked});
        expect_accepted(10);
    }
};

TEST_F(TextOfSellers, does_not_become_headers_or_markup) {
    auto bad = line("concert", 1, "buyer");
    bad.title = "<script>alert(1)</script>\r\nBcc: eve@example.com\r\n\r\n<b>";
    auto place = listing("concert");
    place.venue = "<img src=x>\nTotal: $0.00";
    place.seats = "\"><b>";
    auto moved = place;
    moved.venue = "<img src=y>\r\nBcc: eve@example.com";
    send_all_kinds(place, moved, bad);
    for (const auto& accepted : mailer.accepted()) {
        auto received = parse_email(accepted.email.message);
        EXPECT_EQ(received.headers.size(), 9u) << accepted.email.message;
        EXPECT_EQ(received.headers.count("Bcc"), 0u);
        EXPECT_EQ(received.subject().find_first_of("\r\n"), std::string::npos);
        expect_none(received.html, {"<script", "<img", "<b>"});
        expect_none(received.text, {"\nBcc:", "\nTotal: $0.00"});
    }
}

TEST_F(TextOfSellers, is_in_no_subject_and_contains_nothing_that_becomes_a_link) {
    auto place = listing("concert");
    place.venue = "see https://evil.example/pay or mail me@evil.example";
    auto bad = line("concert", 1, "buyer");
    bad.title = "Your account is locked: www.evil.example";
    auto moved = place;
    moved.city = "evil.example";
    send_all_kinds(place, moved, bad);
    for (const auto& accepted : mailer.accepted()) {
        auto received = parse_email(accepted.email.message);
        expect_none(received.subject(), {"locked", "evil"});
        expect_none(received.text, {"evil.example", "://evil"});
        expect_none(received.html, {"evil.example", "://evil"});
    }
}

}  // namespace
}  // namespace stagedoor::notifications
