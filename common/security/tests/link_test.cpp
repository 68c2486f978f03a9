#include "common/security/link.hpp"

#include <gtest/gtest.h>

namespace stagedoor::security {
namespace {

const std::string secret = "a secret for tests only";

TEST(LinkToken, is_the_hmac_of_purpose_and_id) {
    // printf 'confirm_email\nlink' | openssl dgst -sha256 -hmac 'a secret for tests only' -binary | basenc
    // --base64url
    EXPECT_EQ(link_token("link", "confirm_email", secret), "kKuApdKHuH1Y_kDp44C65jilIYVf6tfCe7XHxpkUPXo");
}

TEST(LinkToken, differs_for_another_link_purpose_or_secret) {
    auto token = link_token("link", "confirm_email", secret);
    EXPECT_NE(link_token("link2", "confirm_email", secret), token);
    EXPECT_NE(link_token("link", "reset_password", secret), token);
    EXPECT_NE(link_token("link", "confirm_email", "another secret"), token);
}

TEST(LinkToken, is_stored_as_its_sha256) {
    // printf 'abc' | openssl dgst -sha256 -binary | basenc --base64url
    EXPECT_EQ(hash_of_token("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
}

}  // namespace
}  // namespace stagedoor::security
