#include "services/auth/account.hpp"

#include <gtest/gtest.h>

namespace stagedoor::auth {
namespace {

std::string normalised(std::string_view text) {
    auto address = parse_email(text);
    return address ? address->text : "";
}

TEST(EmailAddress, is_normalised) {
    EXPECT_EQ(normalised("ada@example.com"), "ada@example.com");
    EXPECT_EQ(normalised(" \tAda.Lovelace+Tickets@Example.COM\r\n"), "ada.lovelace+tickets@example.com");
    EXPECT_EQ(normalised("o'neil@sub.domain-1.co"), "o'neil@sub.domain-1.co");
    EXPECT_EQ(normalised("a@xn--bcher-kva.example"), "a@xn--bcher-kva.example");
}

TEST(EmailAddress, is_rejected_when_it_cannot_receive_email) {
    for (const auto* text : {"",
                             " ",
                             "ada",
                             "@",
                             "ada@",
                             "@example.com",
                             "ada@example",
                             "ada@localhost",
                             "ada@127.0.0.1",
                             "ada@@example.com",
                             "ada@example.com.",
                             "ada@.example.com",
                             "ada@exa..mple.com",
                             "ada@-example.com",
                             "ada@example-.com",
                             ".ada@example.com",
                             "ada.@example.com",
                             "a..b@example.com",
                             "a b@example.com",
                             "ada@exam ple.com",
                             "\"ada\"@example.com",
                             "ada@[127.0.0.1]",
                             "ada(x)@example.com",
                             "ada@example.com,eve@example.com",
                             "ada@example.com\nBcc: eve@example.com",
                             "\xC3\xA9va@example.com",
                             "ada@b\xC3\xBC\x63her.example"}) {
        EXPECT_FALSE(parse_email(text)) << text;
    }
    EXPECT_FALSE(parse_email(std::string_view{"a\0b@example.com", 15}));
}

TEST(EmailAddress, has_at_most_254_characters) {
    std::string local(64, 'l'), label(61, 'd');
    auto longest = local + "@" + label + "." + label + "." + label + ".com";
    EXPECT_EQ(longest.size(), 254U);
    EXPECT_TRUE(parse_email(longest));
    EXPECT_FALSE(parse_email(local + "@d" + label + "." + label + "." + label + ".com"));
    EXPECT_FALSE(parse_email("l" + local + "@example.com"));
    EXPECT_FALSE(parse_email("a@" + std::string(64, 'd') + ".com"));
}

TEST(NewPassword, has_8_to_128_characters_not_bytes) {
    auto is_acceptable = [](std::string_view text) { return password_problem(text).empty(); };
    EXPECT_FALSE(is_acceptable("1234567"));
    EXPECT_TRUE(is_acceptable("1q3w5e7r"));
    EXPECT_FALSE(is_acceptable(
        "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"));  // 7 characters in 14 bytes
    EXPECT_TRUE(is_acceptable("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"));
    EXPECT_TRUE(is_acceptable(std::string(128, 'x')));
    EXPECT_FALSE(is_acceptable(std::string(129, 'x')));
    EXPECT_TRUE(is_acceptable("        ")) << "passwords are not trimmed";
    EXPECT_FALSE(is_acceptable("12345678"));
    EXPECT_FALSE(is_acceptable("Password1"));
}

}  // namespace
}  // namespace stagedoor::auth
