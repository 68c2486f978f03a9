// Delivery through a real mail server.
#include "services/notifications/tests/mail_server.hpp"
#include "services/notifications/tests/notifications_test.hpp"

namespace stagedoor::notifications {

struct Smtp : ::testing::Test {
    static Settings to(const MailServer& server) {
        auto settings = with_secret();
        settings.smtp_url = server.url();
        settings.smtp_requires_tls = false;
        settings.mail_from = "tickets@stagedoor.example";
        return settings;
    }
    // Advances the clock until the email has this status.
    static void expect_status(ServiceTest& notifications, const std::string& id, const std::string& status) {
        eventually([&] {
            notifications.clock.advance(20ms);
            return notifications.number("SELECT count(*) FROM mails WHERE id = $1 AND status = $2", id,
                                        status) == 1;
        });
    }
    static std::string reply(ServiceTest& notifications) {
        return notifications
            .read([](sql::Tx& tx) {
                return tx.find<std::optional<std::string>>("SELECT reply FROM mails").value_or(std::nullopt);
            })
            .value_or("");
    }
    static int attempts(ServiceTest& notifications) {
        return static_cast<int>(notifications.number("SELECT tries FROM mails WHERE id = 'one.refunded'"));
    }
};

TEST_F(Smtp, delivers_each_email_once_as_text_and_html) {
    MailServer server;
    ServiceTest notifications{make_service, to(server), public_site};
    contracts::OrderCompleted completed{order("order-1", {line("concert")})};
    notifications.receives(registered("buyer"), confirmed("buyer"), registered("seller"), confirmed("seller"),
                           contracts::TicketCreated{listing("concert")}, completed, completed);
    expect_status(notifications, "order-1.tickets", "sent");
    expect_status(notifications, "order-1.seller.sold", "sent");
    notifications.receives(completed);
    notifications.clock.advance(1h);
    expect_status(notifications, "order-1.tickets", "sent");

    auto emails = server.emails();
    ASSERT_EQ(emails.size(), 2u);
    auto at = std::ranges::find(emails, "buyer@example.com",
                                [](const ParsedEmail& email) { return email.headers.at("X-To"); });
    ASSERT_NE(at, emails.end());
    EXPECT_EQ(at->headers.at("X-From"), "tickets@stagedoor.example");
    EXPECT_EQ(at->headers.at("Message-ID"), "<order-1.tickets@stagedoor.example>");
    EXPECT_EQ(at->subject(), "Your tickets");
    expect_all(at->text, {"Alte Oper, Frankfurt", "Total: $39.98", "you're going"});
    expect_all(at->html, {"Alte Oper, Frankfurt", "You’re going!"});
    expect_all(at->calendar, {"UID:order-1.concert@stagedoor\r\n"});
}

TEST_F(Smtp, delivers_to_internationalized_domains_without_extensions) {
    MailServer server;
    ServiceTest notifications{make_service, to(server), public_site};
    auto buyer = registered("buyer");
    buyer.email = "buyer@xn--bcher-kva.example";  // as auth stores it
    notifications.receives(buyer, contracts::UserConfirmed{buyer.id, buyer.email, 2},
                           refunded("one", CancelReason::buyer));
    expect_status(notifications, "one.refunded", "sent");
    auto emails = server.emails();
    ASSERT_EQ(emails.size(), 1u);
    EXPECT_EQ(emails[0].headers.at("X-To"), "buyer@xn--bcher-kva.example");
    EXPECT_EQ(emails[0].headers.at("To"), "<buyer@xn--bcher-kva.example>");
}

TEST_F(Smtp, waits_for_an_unreachable_server) {
    MailServer server;
    server.stop();
    ServiceTest notifications{make_service, to(server), public_site};
    notifications.receives(registered("buyer"), confirmed("buyer"), refunded("one", CancelReason::buyer));
    eventually([&] {
        notifications.clock.advance(20ms);
        return attempts(notifications) >= 2;
    });
    server.start();
    notifications.clock.advance(10s);
    expect_status(notifications, "one.refunded", "sent");
    EXPECT_EQ(server.emails().size(), 1u);
}

TEST_F(Smtp, greets_by_the_name_of_the_public_host_and_stores_the_reply) {
    MailServer server;
    ServiceTest notifications{make_service, to(server), public_site};
    notifications.receives(registered("buyer"), confirmed("buyer"), refunded("one", CancelReason::buyer));
    expect_status(notifications, "one.refunded", "sent");
    EXPECT_EQ(server.emails().at(0).headers.at("X-Hello"), "tickets.example");
    EXPECT_EQ(reply(notifications), "250 accepted");
}

TEST_F(Smtp, retries_rejections_that_concern_us) {
    MailServer server;
    server.will_reply("554 5.7.1 client blocked\n550 5.4.5 quota\n554 no");
    ServiceTest notifications{make_service, to(server), public_site};
    notifications.receives(registered("buyer"), confirmed("buyer"), refunded("one", CancelReason::buyer));
    eventually([&] { return reply(notifications) == "554 5.7.1 client blocked"; });
    expect_status(notifications, "one.refunded", "sent");
    EXPECT_EQ(attempts(notifications), 4);
    EXPECT_EQ(server.emails().size(), 1u);
}

TEST_F(Smtp, retries_temporary_rejections) {
    MailServer server;
    server.will_reply("451 try again later\n452 too much mail");
    ServiceTest notifications{make_service, to(server), public_site};
    notifications.receives(registered("buyer"), confirmed("buyer"), refunded("one", CancelReason::buyer));
    expect_status(notifications, "one.refunded", "sent");
    EXPECT_EQ(attempts(notifications), 3);
    EXPECT_EQ(server.emails().size(), 1u);
}

TEST_F(Smtp, gives_up_permanent_rejections) {
    MailServer server;
    server.will_reply("550 no such mailbox");
    ServiceTest notifications{make_service, to(server), public_site};
    notifications.receives(registered("buyer"), confirmed("buyer"), refunded("one", CancelReason::buyer));
    expect_status(notifications, "one.refunded", "given_up");
    EXPECT_EQ(attempts(notifications), 1);
    EXPECT_TRUE(server.emails().empty());
}

TEST_F(Smtp, logs_in_if_configured) {
    MailServer server{true};
    auto settings = to(server);
    settings.smtp_user = "stagedoor";
    settings.smtp_password = "let me in";
    ServiceTest notifications{make_service, settings, public_site};
    notifications.receives(registered("buyer"), confirmed("buyer"), refunded("one", CancelReason::buyer));
    expect_status(notifications, "one.refunded", "sent");
    EXPECT_EQ(server.emails().at(0).headers.at("X-User"), "stagedoor");
}

TEST_F(Smtp, sends_nothing_unencrypted_if_tls_is_required) {
    MailServer server;
    auto settings = to(server);
    settings.smtp_requires_tls = true;
    ServiceTest notifications{make_service, settings, public_site};
    notifications.receives(registered("buyer"), confirmed("buyer"), refunded("one", CancelReason::buyer));
    eventually([&] {
        notifications.clock.advance(20ms);
        return attempts(notifications) >= 2;
    });
    EXPECT_TRUE(server.emails().empty());
}

TEST_F(Smtp, delivers_many_emails) {
    MailServer server;
    ServiceTest notifications{make_service, to(server), public_site};
    notifications.receives(registered("buyer"), confirmed("buyer"));
    for (int i = 0; i < 200; ++i)
        notifications.receives(refunded("refund-" + std::to_string(i), CancelReason::buyer));
    eventually(
        [&] {
            notifications.clock.advance(20ms);
            return notifications.number("SELECT count(*) FROM mails WHERE status = 'sent'") == 200;
        },
        30s);
    EXPECT_EQ(server.emails().size(), 200u);
}

}  // namespace stagedoor::notifications
