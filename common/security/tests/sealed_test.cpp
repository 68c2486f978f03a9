#include "common/security/sealed.hpp"

#include <gtest/gtest.h>

#include "common/security/token.hpp"

namespace stagedoor::security {
namespace {

TEST(Sealed, opens_only_with_its_secret_and_name) {
    runtime::SystemRandom random;
    auto sealed = seal("the private key", "k1", "secret", random);
    EXPECT_EQ(unseal(sealed, "k1", "secret"), "the private key");
    EXPECT_FALSE(unseal(sealed, "k1", "Secret"));
    EXPECT_FALSE(unseal(sealed, "k2", "secret"));
    EXPECT_EQ(sealed.find("private"), std::string::npos);
    EXPECT_NE(seal("the private key", "k1", "secret", random), sealed);
}

TEST(Sealed, does_not_open_when_altered) {
    runtime::SystemRandom random;
    auto raw = from_base64url(seal("key", "k1", "secret", random)).value();
    for (std::size_t at = 0; at < raw.size(); at += 6) {  // each attempt costs an Argon2id
        auto altered = raw;
        altered[at] = static_cast<char>(altered[at] ^ 1);
        EXPECT_FALSE(unseal(base64url(altered), "k1", "secret")) << at;
    }
    EXPECT_FALSE(unseal("", "k1", "secret"));
    EXPECT_FALSE(unseal(base64url(raw.substr(0, raw.size() - 1)), "k1", "secret"));
}

}  // namespace
}  // namespace stagedoor::security
