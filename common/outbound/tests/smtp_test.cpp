#include <gtest/gtest.h>

#include "common/errors.hpp"
#include "testing/servers/smtp_server.hpp"

namespace stagedoor::outbound {
namespace {

using test::Certificate;
using test::MailServer;
using Lines = std::vector<std::string>;

class Smtp : public ::testing::Test {
  protected:
    static Email letter() {
        return {.from = "tickets@example.com",
                .to = "buyer@example.com",
                .message = "Subject: Your tickets\r\n\r\nHere\r\n.they\r\nare\r\n"};
    }
    void deliver(const SmtpServer& server, Email to_deliver = letter()) {
        loop.wait_for(transport->deliver(server, std::move(to_deliver)));
    }
    // Whether the server's no is for good; fails the test when it says none.
    bool refused_for_good(const MailServer& server) {
        try {
            deliver(server.address());
        } catch (const EmailRejected& refused) {
            return refused.for_good;
        }
        ADD_FAILURE() << "the letter was taken";
        return false;
    }

    runtime::EventLoopThread loop;
    Certificate certificate;
    std::unique_ptr<Transport> transport = make_transport({.ca_file = certificate.file()});
};

TEST_F(Smtp, delivers) {
    MailServer server;
    deliver(server.address());
    EXPECT_TRUE(server.heard("MAIL FROM:<tickets@example.com>"));
    EXPECT_TRUE(server.heard("RCPT TO:<buyer@example.com>"));
    EXPECT_EQ(server.letters(), Lines{"Subject: Your tickets\r\n\r\nHere\r\n..they\r\nare\r\n"});
    deliver(server.address());
    EXPECT_EQ(server.letters().size(), 2);
    transport->close();
}

TEST_F(Smtp, knows_a_refusal_for_good_from_one_for_now) {
    for (std::string command : {"RCPT", "."}) {
        MailServer never{{.replies = {{command, "550 Never"}}}},
            not_now{{.replies = {{command, "451 Later"}}}};
        EXPECT_TRUE(refused_for_good(never)) << command;
        EXPECT_FALSE(refused_for_good(not_now)) << command;
    }
    transport->close();
}

TEST_F(Smtp, does_not_blame_the_letter_for_what_is_said_to_us) {
    MailServer closed{{.replies = {{"", "554 No service"}}}};
    EXPECT_FALSE(refused_for_good(closed));
    for (std::string command : {"MAIL", "DATA"}) {
        MailServer never{{.replies = {{command, "550 Not from you"}}}},
            not_now{{.replies = {{command, "451 Later"}}}};
        EXPECT_FALSE(refused_for_good(never)) << command;
        EXPECT_FALSE(refused_for_good(not_now)) << command;
    }
    for (std::string command : {"MAIL", "RCPT", "."}) {
        MailServer strict{{.replies = {{command, "530 Authentication required"}}}};
        EXPECT_FALSE(refused_for_good(strict)) << command;
    }
    transport->close();
}

TEST_F(Smtp, has_no_answer_when_the_connection_breaks_off) {
    for (std::string command : {"", "RCPT", "DATA", "."}) {
        MailServer server{{.replies = {{command, ""}}}};
        EXPECT_THROW(deliver(server.address()), NoAnswer) << command;
    }
    EXPECT_THROW(deliver({.url = "smtp://127.0.0.1:1"}), NoAnswer);
    transport->close();
}

TEST_F(Smtp, signs_in) {
    MailServer server{{.offers = {"AUTH PLAIN"}}};
    auto address = server.address();
    address.user = "user";
    address.password = "password";
    deliver(address);
    EXPECT_TRUE(server.heard("AHVzZXIAcGFzc3dvcmQ="));  // "\0user\0password"
    EXPECT_EQ(server.letters().size(), 1);

    MailServer strict{{.offers = {"AUTH PLAIN"}, .replies = {{"AUTH", "535 Wrong"}}}};
    address.url = strict.address().url;
    try {
        deliver(address);
        ADD_FAILURE() << "signed in";
    } catch (const EmailRejected& refused) {
        EXPECT_FALSE(refused.for_good);  // another password may do
    }
    transport->close();
}

TEST_F(Smtp, says_nothing_in_clear_when_tls_is_demanded) {
    MailServer server;
    EXPECT_THROW(deliver(server.address(true)), NoAnswer);
    EXPECT_FALSE(server.heard("MAIL"));
    transport->close();
}

TEST_F(Smtp, takes_the_tls_that_is_offered) {
    MailServer server{{.starttls = true}, &certificate};
    for (bool demanded : {true, false}) deliver(server.address(demanded));
    EXPECT_EQ(server.letters().size(), 2);
    EXPECT_TRUE(server.heard("STARTTLS"));

    transport = make_transport();  // that does not know this certificate
    for (bool demanded : {true, false}) EXPECT_THROW(deliver(server.address(demanded)), NoAnswer);
    EXPECT_EQ(server.letters().size(), 2);
    transport->close();
}

TEST_F(Smtp, speaks_tls_from_the_start) {
    MailServer server{{.tls_from_the_start = true}, &certificate};
    deliver(server.address(true));
    EXPECT_EQ(server.letters().size(), 1);
    transport->close();
}

TEST_F(Smtp, takes_no_address_of_two_lines) {
    auto smuggling = letter();
    smuggling.to = "buyer@example.com>\r\nRCPT TO:<another@example.com";
    EXPECT_THROW(deliver({.url = "smtp://127.0.0.1:1"}, smuggling), std::invalid_argument);
}

TEST_F(Smtp, is_unavailable_after_its_end) {
    MailServer server;
    transport->close();
    EXPECT_THROW(deliver(server.address()), Unavailable);
}

}  // namespace
}  // namespace stagedoor::outbound
