#include <gtest/gtest.h>

#include <latch>

#include "common/errors.hpp"
#include "common/outbound/address.hpp"
#include "common/outbound/smtp_reply.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "testing/servers/smtp_server.hpp"

namespace stagedoor::outbound {
namespace {

using test::Certificate;
using test::MailServer;
using test::Peer;
using test::Wire;
using Lines = std::vector<std::string>;

class Smtp : public ::testing::Test {
  protected:
    static Email email() {
        return {.from = "tickets@example.com",
                .to = "buyer@example.com",
                .message = "Subject: Your tickets\r\n\r\nHere\r\n.they\r\nare\r\n"};
    }
    void deliver(const SmtpServer& server, Email to_deliver = email()) {
        (void)loop.wait_for(transport->deliver(server, std::move(to_deliver)));
    }
    // Whether the server rejects the email permanently; fails the test if it accepts it.
    bool rejected_permanently(const MailServer& server) {
        try {
            deliver(server.address());
        } catch (const EmailRejected& rejection) {
            return rejection.permanent;
        }
        ADD_FAILURE() << "the email was accepted";
        return false;
    }

    runtime::EventLoopThread loop;
    Certificate certificate;
    std::unique_ptr<Transport> transport = make_transport({.ca_file = certificate.file()});
};

TEST_F(Smtp, delivers) {
    MailServer server;
    deliver(server.address());
    EXPECT_TRUE(server.received("MAIL FROM:<tickets@example.com>"));
    EXPECT_TRUE(server.received("RCPT TO:<buyer@example.com>"));
    EXPECT_EQ(server.emails(), Lines{"Subject: Your tickets\r\n\r\nHere\r\n..they\r\nare\r\n"});
    deliver(server.address());
    EXPECT_EQ(server.emails().size(), 2);
    transport->close();
}

TEST_F(Smtp, distinguishes_permanent_from_temporary_rejections) {
    for (std::string command : {"RCPT", "."}) {
        MailServer never{{.replies = {{command, "550 Never"}}}},
            not_now{{.replies = {{command, "451 Later"}}}};
        EXPECT_TRUE(rejected_permanently(never)) << command;
        EXPECT_FALSE(rejected_permanently(not_now)) << command;
    }
    transport->close();
}

TEST_F(Smtp, does_not_blame_the_email_for_a_rejection_of_us) {
    MailServer closed{{.replies = {{"", "554 No service"}}}};
    EXPECT_FALSE(rejected_permanently(closed));
    for (std::string command : {"MAIL", "DATA"}) {
        MailServer never{{.replies = {{command, "550 Not from you"}}}},
            not_now{{.replies = {{command, "451 Later"}}}};
        EXPECT_FALSE(rejected_permanently(never)) << command;
        EXPECT_FALSE(rejected_permanently(not_now)) << command;
    }
    for (std::string command : {"MAIL", "RCPT", "."}) {
        MailServer strict{{.replies = {{command, "530 Authentication required"}}}};
        EXPECT_FALSE(rejected_permanently(strict)) << command;
    }
    transport->close();
}

TEST(SmtpReply, is_final_only_about_the_mailbox) {
    for (auto reply :
         {"550 5.1.1 No such user", "550 5.1.2 No such host", "553 5.1.3 Bad address", "551 5.1.6 Moved",
          "556 5.1.10 Null MX", "550 5.2.0 Mailbox", "550 5.2.1 Disabled", "552 5.2.2 Mailbox full",
          "554 5.2.3 Too long", "550 Never", "551 Not local", "552 Full", "553 Not allowed", "550",
          "550-5.1.1 No such user\n550-5.1.1 See\n550 5.1.1 https://example.com",
          "550-See\n550 5.1.1 Unknown", "550 192.168.0.1 is unknown", "550 5.1.1: unknown",
          "550 5.1.1. Unknown"})
        EXPECT_TRUE(is_final_rejection(reply)) << reply;
    for (auto reply : {"504 5.5.2 Helo command rejected",
                       "554 5.7.1 Relay access denied",
                       "553 5.7.1 Sender not owned",
                       "554 5.7.1 client blocked",
                       "550 5.7.1 Authentication required",
                       "550 5.4.5 quota",
                       "503 5.5.1 Error",
                       "550 5.1.7 Bad sender",
                       "550 5.1.8 Bad sender",
                       "550 5.1.4 Ambiguous",
                       "550 5.1.0 Rejected",
                       "550 5.1.11 Unknown",
                       "550 5.3.4 Too big",
                       "550 5.6.0 Content",
                       "550 5.0.0 Other",
                       "554 Rejected",
                       "500 What",
                       "530 Log in",
                       "535 Wrong",
                       "521 No mail here",
                       "556 No mail there",
                       "421 4.2.1 Later",
                       "450 4.1.1 Unknown",
                       "451 Later",
                       "452 Full",
                       "550 4.2.2 Full",
                       "",
                       "nonsense",
                       "250 2.1.5 Fine",
                       "550-5.7.1 Blocked\n550 5.7.1 See 5.1.1"})
        EXPECT_FALSE(is_final_rejection(reply)) << reply;
}

TEST(SmtpReply, of_several_lines_is_kept_whole_and_the_latest_one_counts) {
    SmtpReply reply;
    reply.add("250 OK\r\n");
    reply.add("550-5.1.1 No such\r\n");
    reply.add("550 5.1.1 user\r\n");
    EXPECT_EQ(reply.text(550), "550-5.1.1 No such\n550 5.1.1 user");
    reply.add("221 Bye\r\n");
    EXPECT_EQ(reply.text(550), "550-5.1.1 No such\n550 5.1.1 user");
    reply.add("250 Bye\r\n");
    EXPECT_EQ(reply.text(550), "550-5.1.1 No such\n550 5.1.1 user");
    EXPECT_EQ(reply.text(250), "250 Bye");
}

TEST(HelloName, is_a_name_or_an_address_literal) {
    EXPECT_EQ(hello_name("tickets.example"), "tickets.example");
    EXPECT_EQ(hello_name("192.0.2.1"), "[192.0.2.1]");
    EXPECT_EQ(hello_name("2001:db8::1"), "[IPv6:2001:db8::1]");
}

TEST_F(Smtp, greets_by_the_given_name) {
    for (std::string name : {"tickets.example", "[192.0.2.1]", "[IPv6:2001:db8::1]"}) {
        MailServer server;
        auto address = server.address();
        address.hello = name;
        deliver(address);
        EXPECT_TRUE(server.received("EHLO " + name)) << name;
    }
    transport->close();
}

TEST_F(Smtp, returns_the_servers_reply) {
    MailServer accepts{{.replies = {{".", "250 2.0.0 Ok: queued as 4711"}}}};
    EXPECT_EQ(loop.wait_for(transport->deliver(accepts.address(), email())), "250 2.0.0 Ok: queued as 4711");
    auto text = "550-5.1.1 No such\r\n550 5.1.1 user";
    for (std::string command : {"RCPT", "."}) {
        MailServer rejects{{.replies = {{command, text}}}};
        try {
            deliver(rejects.address());
            ADD_FAILURE() << "accepted";
        } catch (const EmailRejected& rejection) {
            EXPECT_TRUE(rejection.permanent);
            EXPECT_EQ(rejection.reply, "550-5.1.1 No such\n550 5.1.1 user");
        }
    }
    transport->close();
}

TEST_F(Smtp, rejections_of_us_are_not_final) {
    for (std::string reply :
         {"504 5.5.2 Helo command rejected", "554 5.7.1 Relay access denied", "553 5.7.1 Sender not owned",
          "554 5.7.1 client blocked", "550 5.7.1 Authentication required", "550 5.4.5 quota", "503 5.5.1"}) {
        for (std::string command : {"RCPT", "."}) {
            MailServer server{{.replies = {{command, reply}}}};
            EXPECT_FALSE(rejected_permanently(server)) << command << " " << reply;
        }
    }
    transport->close();
}

TEST_F(Smtp, a_server_that_is_slow_to_greet_delays_no_other_email) {
    std::latch greets{1};
    Peer slow{[&](Wire& wire) {
        greets.wait();
        wire.send("421 Too late\r\n");
    }};
    auto waiting = loop.start(transport->deliver({.url = slow.url("smtp", "")}, email()));
    MailServer server;
    for (int i = 0; i < 5; ++i) deliver(server.address());
    EXPECT_EQ(server.emails().size(), 5);
    EXPECT_EQ(waiting.wait_for(std::chrono::seconds{0}), std::future_status::timeout);
    greets.count_down();
    EXPECT_THROW((void)waiting.get(), std::runtime_error);
    transport->close();
}

TEST_F(Smtp, fails_when_the_connection_breaks) {
    for (std::string command : {"", "RCPT", "DATA", "."}) {
        MailServer server{{.replies = {{command, ""}}}};
        EXPECT_THROW(deliver(server.address()), NoResponse) << command;
    }
    EXPECT_THROW(deliver({.url = "smtp://127.0.0.1:1"}), NoResponse);
    transport->close();
}

TEST_F(Smtp, logs_in) {
    MailServer server{{.offers = {"AUTH PLAIN"}}};
    auto address = server.address();
    address.user = "user";
    address.password = "password";
    deliver(address);
    EXPECT_TRUE(server.received("AHVzZXIAcGFzc3dvcmQ="));  // "\0user\0password"
    EXPECT_EQ(server.emails().size(), 1);

    MailServer strict{{.offers = {"AUTH PLAIN"}, .replies = {{"AUTH", "535 Wrong"}}}};
    address.url = strict.address().url;
    try {
        deliver(address);
        ADD_FAILURE() << "logged in";
    } catch (const EmailRejected& rejection) {
        EXPECT_FALSE(rejection.permanent);  // another password may work
    }
    transport->close();
}

TEST_F(Smtp, sends_nothing_unencrypted_when_tls_is_demanded) {
    MailServer server;
    EXPECT_THROW(deliver(server.address(true)), NoResponse);
    EXPECT_FALSE(server.received("MAIL"));
    transport->close();
}

TEST_F(Smtp, uses_tls_when_it_is_offered) {
    MailServer server{{.starttls = true}, &certificate};
    for (bool demanded : {true, false}) deliver(server.address(demanded));
    EXPECT_EQ(server.emails().size(), 2);
    EXPECT_TRUE(server.received("STARTTLS"));

    transport = make_transport();  // which does not trust this certificate
    for (bool demanded : {true, false}) EXPECT_THROW(deliver(server.address(demanded)), NoResponse);
    EXPECT_EQ(server.emails().size(), 2);
    transport->close();
}

TEST_F(Smtp, uses_tls_from_the_start) {
    MailServer server{{.tls_from_the_start = true}, &certificate};
    deliver(server.address(true));
    EXPECT_EQ(server.emails().size(), 1);
    transport->close();
}

TEST_F(Smtp, rejects_an_address_with_a_line_break) {
    auto smuggling = email();
    smuggling.to = "buyer@example.com>\r\nRCPT TO:<another@example.com";
    EXPECT_THROW(deliver({.url = "smtp://127.0.0.1:1"}, smuggling), std::invalid_argument);
}

TEST_F(Smtp, is_unavailable_after_close) {
    MailServer server;
    transport->close();
    EXPECT_THROW(deliver(server.address()), Unavailable);
}

}  // namespace
}  // namespace stagedoor::outbound
