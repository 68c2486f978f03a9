#include "common/outbound/address.hpp"

#include <gtest/gtest.h>

namespace stagedoor::outbound {
namespace {

TEST(MailAddress, needs_no_escaping_in_a_header) {
    for (auto good : {"a@b", "tickets@localhost", "o'hara+spam@example.co.uk"})
        EXPECT_TRUE(is_mail_address(good));
    for (auto bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nBcc: c@d", "<a@b>", "a@b,c@d", "ä@b",
                     "\"a\"@b", "a@b\n"})
        EXPECT_FALSE(is_mail_address(bad)) << bad;
}

TEST(Host, is_parsed_with_or_without_a_port) {
    EXPECT_EQ(host_of("mail.example"), "mail.example");
    EXPECT_EQ(host_of("mail.example:1"), "mail.example");
    EXPECT_EQ(host_of("127.0.0.1:65535"), "127.0.0.1");
    EXPECT_EQ(host_of("[::1]"), "::1");
    EXPECT_EQ(host_of("[::1]:465"), "::1");
    for (auto bad : {"", ":465", "mail.example:", "mail.example:0", "mail.example:65536", "mail.example:x",
                     "mail.example:25:25", "mail.example:-1", "user@mail.example", "mail example", ".", "::1",
                     "[::1", "[mail.example]", "[]:25", "[::1]465", "mail.example/"})
        EXPECT_EQ(host_of(bad), std::nullopt) << bad;
}

TEST(Host, is_loopback_only_by_its_own_names) {
    for (auto here : {"localhost", "127.0.0.1", "127.1.2.3", "::1"}) EXPECT_TRUE(is_loopback(here)) << here;
    for (auto there : {"", "0.0.0.0", "::", "10.0.0.1", "localhost.example", "tickets.example"})
        EXPECT_FALSE(is_loopback(there)) << there;
}

}  // namespace
}  // namespace stagedoor::outbound
