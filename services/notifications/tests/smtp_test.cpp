// Mails through a real mail server.
#include "services/notifications/tests/mail_server.hpp"
#include "services/notifications/tests/samples.hpp"

namespace stagedoor::notifications {

struct Smtp : ::testing::Test {
    static Settings to(const MailServer& server) {
        auto settings = with_secret();
        settings.smtp_url = server.url();
        settings.smtp_demand_tls = false;
        settings.mail_from = "tickets@stagedoor.example";
        return settings;
    }
    // Waits, by steps of the clock, until the mail has this status.
    static void expect_status(ServiceTest& notifications, const std::string& id, const std::string& status) {
        eventually([&] {
            notifications.clock.advance(20ms);
            return notifications.number("SELECT count(*) FROM mails WHERE id = $1 AND status = $2", id,
                                        status) == 1;
        });
    }
    static int tries(ServiceTest& notifications) {
        return static_cast<int>(notifications.number("SELECT tries FROM mails WHERE id = 'one.refunded'"));
    }
};

TEST_F(Smtp, brings_each_mail_once_as_text_and_html) {
    MailServer server;
    ServiceTest notifications{make_service, to(server)};
    contracts::OrderCompleted completed{order("order-1", {line("concert")})};
    notifications.receives(registered("buyer"), registered("seller"),
                           contracts::TicketCreated{listing("concert")}, completed, completed);
    expect_status(notifications, "order-1.tickets", "sent");
    expect_status(notifications, "order-1.seller.sold", "sent");
    notifications.receives(completed);
    notifications.clock.advance(1h);
    expect_status(notifications, "order-1.tickets", "sent");

    auto letters = server.letters();
    ASSERT_EQ(letters.size(), 2u);
    auto at = std::ranges::find(letters, "buyer@example.com",
                                [](const Received& letter) { return letter.headers.at("X-To"); });
    ASSERT_NE(at, letters.end());
    EXPECT_EQ(at->headers.at("X-From"), "tickets@stagedoor.example");
    EXPECT_EQ(at->headers.at("Message-ID"), "<order-1.tickets@stagedoor.example>");
    EXPECT_EQ(at->subject(), "Your tickets: The concert");
    expect_all(at->text, {"Alte Oper, Frankfurt", "Total: $39.98", "you're going"});
    expect_all(at->html, {"Alte Oper, Frankfurt", "You’re going!"});
}

TEST_F(Smtp, waits_for_a_server_that_is_away) {
    MailServer server;
    server.stop();
    ServiceTest notifications{make_service, to(server)};
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    eventually([&] {
        notifications.clock.advance(20ms);
        return tries(notifications) >= 2;
    });
    server.start();
    notifications.clock.advance(10s);
    expect_status(notifications, "one.refunded", "sent");
    EXPECT_EQ(server.letters().size(), 1u);
}

TEST_F(Smtp, tries_again_what_is_refused_for_now) {
    MailServer server;
    server.will_reply("451 try again later\n452 too much mail");
    ServiceTest notifications{make_service, to(server)};
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    expect_status(notifications, "one.refunded", "sent");
    EXPECT_EQ(tries(notifications), 3);
    EXPECT_EQ(server.letters().size(), 1u);
}

TEST_F(Smtp, gives_up_what_is_refused_for_good) {
    MailServer server;
    server.will_reply("550 no such mailbox");
    ServiceTest notifications{make_service, to(server)};
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    expect_status(notifications, "one.refunded", "given_up");
    EXPECT_EQ(tries(notifications), 1);
    EXPECT_TRUE(server.letters().empty());
}

TEST_F(Smtp, signs_in_where_it_has_to) {
    MailServer server{true};
    auto settings = to(server);
    settings.smtp_user = "stagedoor";
    settings.smtp_password = "let me in";
    ServiceTest notifications{make_service, settings};
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    expect_status(notifications, "one.refunded", "sent");
    EXPECT_EQ(server.letters().at(0).headers.at("X-User"), "stagedoor");
}

TEST_F(Smtp, sends_nothing_in_clear_when_tls_is_demanded) {
    MailServer server;
    auto settings = to(server);
    settings.smtp_demand_tls = true;
    ServiceTest notifications{make_service, settings};
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    eventually([&] {
        notifications.clock.advance(20ms);
        return tries(notifications) >= 2;
    });
    EXPECT_TRUE(server.letters().empty());
}

TEST_F(Smtp, carries_many) {
    MailServer server;
    ServiceTest notifications{make_service, to(server)};
    notifications.receives(registered("buyer"));
    for (int i = 0; i < 200; ++i)
        notifications.receives(refunded("refund-" + std::to_string(i), CancelReason::buyer));
    eventually(
        [&] {
            notifications.clock.advance(20ms);
            return notifications.number("SELECT count(*) FROM mails WHERE status = 'sent'") == 200;
        },
        30s);
    EXPECT_EQ(server.letters().size(), 200u);
}

}  // namespace stagedoor::notifications
