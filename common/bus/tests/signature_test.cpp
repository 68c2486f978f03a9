#include "common/bus/signature.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "contracts/events/signed.hpp"

namespace stagedoor::bus {
namespace {

EventKey key(char digit) { return EventKey::parse(std::string(64, digit)).value(); }

EventKeys keys_of_shop() {
    EventKeys keys;
    keys.signing.emplace("shop", key('a'));
    keys.trusted["shop"] = {key('a').public_key()};
    return keys;
}

// RFC 8032, 7.1, test 2.
TEST(EventKey, signs_as_ed25519_does) {
    auto secret = EventKey::parse("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    ASSERT_TRUE(secret);
    EXPECT_EQ(secret->public_key().text(),
              "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    EXPECT_EQ(secret->sign("\x72"),
              "kqAJqfDUyrhyDoILX2QlQKKye1QWUD-Ps3YiI-vbadoIWsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMAA");
}

TEST(EventKey, is_64_hexadecimal_digits) {
    for (const auto& text : {std::string{}, std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'g'),
                             std::string(62, 'a') + "\n\n", std::string(64, '\0')}) {
        EXPECT_FALSE(EventKey::parse(text)) << text;
        EXPECT_FALSE(EventPublicKey::parse(text)) << text;
    }
    EXPECT_TRUE(EventKey::parse(std::string(64, 'A')));
    auto text = key('a').public_key().text();
    EXPECT_EQ(EventPublicKey::parse(text)->text(), text);
}

TEST(EventKeys, accept_what_the_source_has_signed_and_nothing_else) {
    auto keys = keys_of_shop();
    const std::string envelope = R"({"id":"cart:a:1"})";
    auto genuine = keys.sign("shop", envelope);
    EXPECT_EQ(keys.problem_with("shop", envelope, genuine), "");
    EXPECT_EQ(keys.problem_with("shop", envelope, ""), "it is not signed");
    for (const auto& wrong : {genuine.substr(1), genuine + "A", genuine + "=", genuine + "\n", " " + genuine,
                              std::string(86, 'A'), std::string(10'000, 'A'), key('b').sign(envelope),
                              key('a').sign(envelope + " ")}) {
        EXPECT_EQ(keys.problem_with("shop", envelope, wrong), "no key of shop verifies its signature")
            << wrong;
    }
    EXPECT_NE(keys.problem_with("shop", envelope + " ", genuine), "");
}

TEST(EventKeys, accept_either_of_two_keys_of_a_source) {
    auto keys = keys_of_shop();
    keys.trusted["shop"].push_back(key('b').public_key());
    for (auto digit : {'a', 'b'}) EXPECT_EQ(keys.problem_with("shop", "x", key(digit).sign("x")), "");
    EXPECT_NE(keys.problem_with("shop", "x", key('c').sign("x")), "");
}

TEST(EventKeys, demand_nothing_of_a_source_without_a_key) {
    auto keys = keys_of_shop();
    EXPECT_EQ(keys.sign("store", "x"), "");
    EXPECT_EQ(keys.problem_with("store", "x", ""), "");
    EXPECT_EQ(keys.problem_with("store", "x", "nonsense"), "");
}

RC_GTEST_PROP(EventKeys, notice_any_change, (std::string envelope, std::string other)) {
    auto keys = keys_of_shop();
    auto signature = keys.sign("shop", envelope);
    RC_ASSERT(keys.problem_with("shop", envelope, signature).empty());
    RC_ASSERT(keys.problem_with("shop", other, signature).empty() == (other == envelope));
}

}  // namespace
}  // namespace stagedoor::bus
