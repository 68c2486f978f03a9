// The development pages, switched on and off.
#include "services/notifications/tests/notifications_test.hpp"

namespace stagedoor::notifications {

struct Pages : ::testing::Test {
    static Settings with_page() {
        auto settings = with_secret();
        settings.mail_page = true;
        return settings;
    }
};

TEST_F(Pages, list_all_emails_newest_first_page_by_page) {
    ServiceTest notifications{make_service, with_page(), public_site};
    notifications.get("/dev/mails").expect(200, "No emails yet");
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    notifications.clock.advance(1s);
    notifications.receives(refunded("two", CancelReason::buyer));
    notifications.clock.advance(1s);
    notifications.receives(contracts::OrderCompleted{order("order-1", {line("concert", 1, "nobody")})});
    auto first = notifications.get("/dev/mails?limit=2").expect(200, "Your tickets").body;
    expect_all(first, {"to buyer@example.com", "to unknown address", "/dev/mails/order-1.nobody.sold"});
    expect_none(first, {"one.refunded", "two.refunded"});
    auto at = first.find("/dev/mails?limit=2&amp;after=");
    ASSERT_NE(at, std::string::npos);
    auto next = "/dev/mails?limit=2&after=" + first.substr(at + 29, first.find('"', at) - at - 29);
    auto second = notifications.get(next).expect(200).body;
    EXPECT_LT(second.find("two.refunded"), second.find("one.refunded"));
    expect_none(second, {"order-1", "Older emails"});
    notifications.get("/dev/mails?after=nonsense").expect(400);
}

TEST_F(Pages, show_an_email_without_running_its_scripts) {
    ServiceTest notifications{make_service, with_page(), public_site};
    auto bad = line("concert");
    bad.title = "<script>alert(1)</script>";
    notifications.receives(registered("buyer"), contracts::OrderCompleted{order("order-1", {bad})});
    auto page = notifications.get("/dev/mails/order-1.tickets");
    page.expect(200, "sandbox=\"allow-popups allow-popups-to-escape-sandbox\"");
    expect_all(page.body, {"srcdoc=\"&lt;!doctype html&gt;", "/dev/mails/order-1.tickets/message",
                           "Your tickets · Stagedoor emails"});
    expect_none(page.body, {"<script"});
    EXPECT_TRUE(page.headers["Content-Security-Policy"].starts_with("default-src 'none'"));
    EXPECT_EQ(page.headers["Cache-Control"], "no-store");
    auto message = notifications.get("/dev/mails/order-1.tickets/message");
    message.expect(200);
    EXPECT_EQ(message.headers["Content-Type"], "message/rfc822");
    EXPECT_EQ(parse_email(message.body).headers.at("To"), "<buyer@example.com>");
    notifications.get("/dev/mails/order-1.seller.sold").expect(200, "unknown address");
    notifications.get("/dev/mails/order-1.seller.sold/message").expect(404);
    notifications.get("/dev/mails/unknown").expect(404);
}

TEST_F(Pages, survive_an_unreadable_email) {
    ServiceTest notifications{make_service, with_page(), public_site};
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer),
                           refunded("two", CancelReason::buyer));
    notifications.write([](sql::Tx& tx) {
        tx.execute("UPDATE mails SET data = 'of another program' WHERE id = 'one.refunded'");
    });
    notifications.get("/dev/mails").expect(200, "Unreadable email");
    notifications.get("/dev/mails").expect(200, "Your refund of");
    notifications.get("/dev/mails/one.refunded").expect(200, "Unreadable email");
    notifications.get("/dev/mails/one.refunded/message").expect(404);
}

// DNS rebinding: a web site whose name resolves to this machine would be the same origin as these pages.
TEST_F(Pages, are_shown_only_under_names_that_operators_use) {
    auto site = public_site;
    site.admin_hosts = {"stagedoor"};
    ServiceTest notifications{make_service, with_page(), site};
    for (auto path : {"/dev/mails", "/dev/mails/", "/dev/mails/x", "/dev/mails/x/message"}) {
        for (auto host : {"localhost:8080", "127.0.0.1", "[::1]:8080", "stagedoor", "tickets.example"})
            EXPECT_NE(notifications.nobody().with("Host", host).get(path).status, 403) << host;
        for (auto host : {"evil.example", "evil.example:8080", "localhost.evil.example"})
            notifications.nobody().with("Host", host).get(path).expect(403);
    }
}

TEST_F(Pages, exist_only_if_switched_on_without_a_mail_server) {
    auto with_server = with_page();
    with_server.smtp_url = "smtp://127.0.0.1:1";
    for (const auto& settings : {with_secret(), with_server}) {
        ServiceTest notifications{make_service, settings, public_site};
        notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
        for (auto path : {"/dev/mails", "/dev/mails/one.refunded", "/dev/mails/one.refunded/message"})
            notifications.get(path).expect(404);
    }
}

}  // namespace stagedoor::notifications
