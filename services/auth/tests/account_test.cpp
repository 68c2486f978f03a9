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
                             "ada@b\u00FC..example",
                             "ada@\u00FC",
                             "ada@b\u00FC\u200Bcher.example",
                             "ada\u200B@example.com",
                             "ada@example.com\u202E",
                             "ada@\U0001F4A9.example"}) {
        EXPECT_FALSE(parse_email(text)) << text;
    }
    EXPECT_FALSE(parse_email(std::string_view{"a\0b@example.com", 15}));
}

TEST(EmailAddress, has_one_form_of_an_internationalized_domain) {
    for (const auto* text : {"ada@b\u00FCcher.example", "ADA@B\u00DCCHER.EXAMPLE", "ada@bu\u0308cher.example",
                             "ada@xn--bcher-kva.example", "\u3000ada@b\u00FCcher\u3002example\u00A0"})
        EXPECT_EQ(normalised(text), "ada@xn--bcher-kva.example") << text;
    EXPECT_EQ(normalised("ada@\u4F8B\u3048.\u30C6\u30B9\u30C8"), "ada@xn--r8jz45g.xn--zckzah");
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
    auto is_acceptable = [](std::string_view text) { return parse_password(text).has_value(); };
    EXPECT_FALSE(is_acceptable("1234567"));
    EXPECT_TRUE(is_acceptable("1q3w5e7r"));
    EXPECT_FALSE(is_acceptable(
        "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"));  // 7 characters in 14 bytes
    EXPECT_FALSE(is_acceptable("e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301")) << "7 when composed";
    EXPECT_TRUE(is_acceptable("\u00E9\u00F1\u00FC\u00E7\u00F8\u00E5\u00EE\u00E0"));
    std::string longest = "1q3w5e7r";
    while (longest.size() < 128) longest += " green umbrellas";
    EXPECT_TRUE(is_acceptable(longest.substr(0, 128)));
    EXPECT_FALSE(is_acceptable(longest.substr(0, 128) + "x"));
    EXPECT_TRUE(is_acceptable(" 3w5e7r ")) << "passwords are not trimmed";
    EXPECT_FALSE(is_acceptable("12345678"));
    EXPECT_FALSE(is_acceptable("Password1"));
}

TEST(NewPassword, is_prepared_as_rfc_8265_says) {
    EXPECT_EQ(parse_password("Cafe\u0301\u00A0creme").value().text, "Caf\u00E9 creme");
    EXPECT_EQ(parse_password("two\twords").error(), "must not contain control characters"_text);
    EXPECT_EQ(parse_password("two\nwords").error(), "must not contain control characters"_text);
    EXPECT_EQ(parse_password("two\x7Fwords").error(), "must not contain control characters"_text);
    EXPECT_EQ(parse_password("two\u200Bwords").error(),
              "must not contain invisible characters ({code})"_text.with("code", "U+200B"));
}

}  // namespace
}  // namespace stagedoor::auth
