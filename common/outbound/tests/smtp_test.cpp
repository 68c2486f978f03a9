#include <gtest/gtest.h>

#include "common/errors.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "testing/servers/smtp_server.hpp"

namespace stagedoor::outbound {
namespace {

using test::Certificate;
using test::MailServer;
using Lines = std::vector<std::string>;

class Smtp : public ::testing::Test {
  protected:
    static Email email() {
        return {.from = "tickets@example.com",
                .to = "buyer@example.com",
                .message = "Subject: Your tickets\r\n\r\nHere\r\n.they\r\nare\r\n"};
    }
    void deliver(const SmtpServer& server, Email to_deliver = email()) {
        loop.wait_for(transport->deliver(server, std::move(to_deliver)));
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

TEST_F(Smtp, fails_when_the_connection_breaks) {
    for (std::string command : {"", "RCPT", "DATA", "."}) {
        MailServer server{{.replies = {{command, ""}}}};
        EXPECT_THROW(deliver(server.address()), NoAnswer) << command;
    }
    EXPECT_THROW(deliver({.url = "smtp://127.0.0.1:1"}), NoAnswer);
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
    EXPECT_THROW(deliver(server.address(true)), NoAnswer);
    EXPECT_FALSE(server.received("MAIL"));
    transport->close();
}

TEST_F(Smtp, uses_tls_when_it_is_offered) {
    MailServer server{{.starttls = true}, &certificate};
    for (bool demanded : {true, false}) deliver(server.address(demanded));
    EXPECT_EQ(server.emails().size(), 2);
    EXPECT_TRUE(server.received("STARTTLS"));

    transport = make_transport();  // which does not trust this certificate
    for (bool demanded : {true, false}) EXPECT_THROW(deliver(server.address(demanded)), NoAnswer);
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
