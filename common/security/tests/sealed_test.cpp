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

TEST(Sealer, opens_only_with_its_secret_purpose_and_name) {
    runtime::SystemRandom random;
    Sealer sealer{"secret", "keys"}, same{"secret", "keys"}, other_secret{"Secret", "keys"},
        other_purpose{"secret", "tokens"};
    auto sealed = sealer.seal("the private key", "k1", random);
    EXPECT_EQ(same.unseal(sealed, "k1"), "the private key");
    EXPECT_FALSE(sealer.unseal(sealed, "k2"));
    EXPECT_FALSE(other_secret.unseal(sealed, "k1"));
    EXPECT_FALSE(other_purpose.unseal(sealed, "k1"));
    EXPECT_EQ(sealed.find("private"), std::string::npos);
    EXPECT_NE(sealer.seal("the private key", "k1", random), sealed);
}

TEST(Sealer, does_not_open_what_was_altered) {
    runtime::SystemRandom random;
    Sealer sealer{"secret", "keys"};
    auto raw = from_base64url(sealer.seal("key", "k1", random)).value();
    for (std::size_t at = 0; at < raw.size(); ++at) {
        auto altered = raw;
        altered[at] = static_cast<char>(altered[at] ^ 1);
        EXPECT_FALSE(sealer.unseal(base64url(altered), "k1")) << at;
    }
    EXPECT_FALSE(sealer.unseal("", "k1"));
    EXPECT_FALSE(sealer.unseal(base64url(raw.substr(0, raw.size() - 1)), "k1"));
}

}  // namespace
}  // namespace stagedoor::security
