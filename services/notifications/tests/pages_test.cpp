// The development pages, on and off; and what titles may hold, seen in every mail.
#include "services/notifications/tests/samples.hpp"

namespace stagedoor::notifications {

struct Pages : ::testing::Test {
    static Settings with_page() {
        auto settings = with_secret();
        settings.mail_page = true;
        return settings;
    }
};

TEST_F(Pages, list_all_mails_newest_first_page_by_page) {
    ServiceTest notifications{make_service, with_page()};
    notifications.get("/dev/mails").expect(200, "There are none yet");
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    notifications.clock.advance(1s);
    notifications.receives(refunded("two", CancelReason::buyer));
    notifications.clock.advance(1s);
    notifications.receives(contracts::OrderCompleted{order("order-1", {line("concert", 1, "nobody")})});
    auto first = notifications.get("/dev/mails?limit=2").expect(200, "Your tickets: The concert").body;
    expect_all(first, {"to buyer@example.com", "to nobody yet", "/dev/mails/order-1.nobody.sold"});
    expect_none(first, {"one.refunded", "two.refunded"});
    auto at = first.find("/dev/mails?limit=2&amp;after=");
    ASSERT_NE(at, std::string::npos);
    auto next = "/dev/mails?limit=2&after=" + first.substr(at + 29, first.find('"', at) - at - 29);
    auto second = notifications.get(next).expect(200).body;
    EXPECT_LT(second.find("two.refunded"), second.find("one.refunded"));
    expect_none(second, {"order-1", "Older mails"});
    notifications.get("/dev/mails?after=nonsense").expect(400);
}

TEST_F(Pages, show_a_mail_without_letting_it_run) {
    ServiceTest notifications{make_service, with_page()};
    auto bad = line("concert");
    bad.title = "<script>alert(1)</script>";
    notifications.receives(registered("buyer"), contracts::OrderCompleted{order("order-1", {bad})});
    auto shown = notifications.get("/dev/mails/order-1.tickets");
    shown.expect(200, "sandbox=\"allow-popups allow-popups-to-escape-sandbox\"");
    expect_all(shown.body, {"srcdoc=\"&lt;!doctype html&gt;", "/dev/mails/order-1.tickets/message",
                            "Your tickets: &lt;script&gt;"});
    expect_none(shown.body, {"<script"});
    EXPECT_TRUE(shown.headers["Content-Security-Policy"].starts_with("default-src 'none'"));
    EXPECT_EQ(shown.headers["Cache-Control"], "no-store");
    auto message = notifications.get("/dev/mails/order-1.tickets/message");
    message.expect(200);
    EXPECT_EQ(message.headers["Content-Type"], "message/rfc822");
    EXPECT_EQ(read_message(message.body).headers.at("To"), "<buyer@example.com>");
    notifications.get("/dev/mails/order-1.seller.sold").expect(200, "nobody yet");
    notifications.get("/dev/mails/order-1.seller.sold/message").expect(404);
    notifications.get("/dev/mails/unknown").expect(404);
}

TEST_F(Pages, are_not_broken_by_a_mail_that_can_not_be_read) {
    ServiceTest notifications{make_service, with_page()};
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer),
                           refunded("two", CancelReason::buyer));
    notifications.write([](sql::Tx& tx) {
        tx.execute("UPDATE mails SET data = 'of another program' WHERE id = 'one.refunded'");
    });
    notifications.get("/dev/mails").expect(200, "A mail that can’t be read");
    notifications.get("/dev/mails").expect(200, "We paid back");
    notifications.get("/dev/mails/one.refunded").expect(200, "A mail that can’t be read");
    notifications.get("/dev/mails/one.refunded/message").expect(404);
}

TEST_F(Pages, are_not_there_unless_they_are_switched_on_and_nothing_is_mailed) {
    auto with_server = with_page();
    with_server.smtp_url = "smtp://127.0.0.1:1";
    for (const auto& settings : {with_secret(), with_server}) {
        ServiceTest notifications{make_service, settings};
        notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
        for (auto path : {"/dev/mails", "/dev/mails/one.refunded", "/dev/mails/one.refunded/message"})
            notifications.get(path).expect(404);
    }
}

}  // namespace stagedoor::notifications
