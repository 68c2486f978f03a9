#include "common/security/token.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sodium.h>

#include "common/json/value.hpp"

namespace stagedoor::security {
namespace {

constexpr Instant noon{1'767'268'800'000};

Claims claims_of(std::string user) {
    return {.user = UserId{std::move(user)},
            .email = "ada@example.com",
            .session = SessionId{"s1"},
            .epoch = 3,
            .roles = {"admin", "seller"},
            .issued_at = noon,
            .expires_at = noon + token_lifetime};
}

// A correctly signed token with any header and payload.
std::string signed_token(const SigningKey& key, std::string_view header, std::string_view payload) {
    auto token = base64url(header) + "." + base64url(payload);
    std::array<unsigned char, crypto_sign_BYTES> signature;
    crypto_sign_detached(signature.data(), nullptr, reinterpret_cast<const unsigned char*>(token.data()),
                         token.size(), key.secret_key.data());
    return token + "." + base64url({reinterpret_cast<const char*>(signature.data()), signature.size()});
}

struct Token : ::testing::Test {
    runtime::SeededRandom random{1};
    SigningKey key = new_signing_key(random);
    std::string token = sign_token(claims_of("u1"), key);
    std::string good_header = R"({"alg":"EdDSA","typ":"JWT","kid":")" + key.id + R"("})";
    std::string good_payload =
        R"({"sub":"u1","email":"a@b.c","sid":"s1","epoch":0,"roles":[],"iat":1,"exp":2,)"
        R"("iss":"stagedoor","aud":"stagedoor"})";
};

TEST_F(Token, survives_a_round_trip) {
    EXPECT_EQ(key_id_of(token), key.id);
    auto claims = verify_token(token, key.public_key);
    ASSERT_TRUE(claims);
    EXPECT_EQ(claims->user.text, "u1");
    EXPECT_EQ(claims->email, "ada@example.com");
    EXPECT_EQ(claims->session.text, "s1");
    EXPECT_EQ(claims->epoch, 3);
    EXPECT_TRUE(claims->has_role("admin"));
    EXPECT_FALSE(claims->has_role("adm"));
    EXPECT_EQ(claims->issued_at, noon);
    EXPECT_EQ(claims->expires_at, noon + token_lifetime);
}

TEST_F(Token, survives_a_round_trip_with_any_text) {
    EXPECT_TRUE(rc::check("any user and email", [this] {
        auto claims = claims_of("u" + std::to_string(*rc::gen::arbitrary<unsigned>()));
        claims.email = *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127));
        claims.epoch = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
        auto back = verify_token(sign_token(claims, key), key.public_key);
        RC_ASSERT(back.has_value());
        RC_ASSERT(back->user == claims.user);
        RC_ASSERT(back->email == claims.email);
        RC_ASSERT(back->epoch == claims.epoch);
    }));
}

TEST_F(Token, is_rejected_when_any_character_is_altered) {
    for (std::size_t at = 0; at < token.size(); ++at) {
        for (char other : {'A', 'b', '_', '.', '=', ' ', '\0', static_cast<char>(token[at] ^ 1)}) {
            if (other == token[at]) continue;
            auto altered = token;
            altered[at] = other;
            EXPECT_FALSE(verify_token(altered, key.public_key)) << at << " " << other;
        }
    }
}

TEST_F(Token, is_rejected_when_cut_or_lengthened) {
    for (std::size_t length = 0; length < token.size(); ++length) {
        EXPECT_FALSE(verify_token(std::string_view{token}.substr(0, length), key.public_key));
    }
    for (const auto* more : {"A", "AA", "=", ".", "\n", " "})
        EXPECT_FALSE(verify_token(token + more, key.public_key));
    EXPECT_FALSE(verify_token(" " + token, key.public_key));
}

TEST_F(Token, of_a_foreign_key_is_rejected) {
    auto foreign = new_signing_key(random);
    EXPECT_FALSE(verify_token(token, foreign.public_key));
    foreign.id = key.id;  // even with our key's id
    EXPECT_FALSE(verify_token(sign_token(claims_of("u1"), foreign), key.public_key));
}

TEST_F(Token, of_any_other_algorithm_is_rejected) {
    ASSERT_TRUE(verify_token(signed_token(key, good_header, good_payload), key.public_key));
    for (const auto* algorithm :
         {"none", "None", "HS256", "RS256", "ES256", "EdDSA ", " EdDSA", "eddsa", "EDDSA", "Ed25519", ""}) {
        auto header = R"({"alg":")" + std::string{algorithm} + R"(","typ":"JWT","kid":")" + key.id + R"("})";
        EXPECT_FALSE(verify_token(signed_token(key, header, good_payload), key.public_key)) << algorithm;
        EXPECT_FALSE(key_id_of(signed_token(key, header, good_payload))) << algorithm;
    }
    // Unsigned, and signed with the public key as if it were a shared secret (HS256 confusion).
    auto unsigned_part = base64url(R"({"alg":"none","typ":"JWT","kid":"k"})") + "." + base64url(good_payload);
    EXPECT_FALSE(verify_token(unsigned_part + ".", key.public_key));
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac;
    auto hs256 =
        base64url(R"({"alg":"HS256","typ":"JWT","kid":")" + key.id + R"("})") + "." + base64url(good_payload);
    crypto_auth_hmacsha256(mac.data(), reinterpret_cast<const unsigned char*>(hs256.data()), hs256.size(),
                           key.public_key.data());
    EXPECT_FALSE(verify_token(
        hs256 + "." + base64url({reinterpret_cast<const char*>(mac.data()), mac.size()}), key.public_key));
}

TEST_F(Token, with_an_invalid_header_is_rejected) {
    for (std::string header :
         {std::string{R"({"typ":"JWT","kid":"k"})"}, std::string{R"({"alg":"EdDSA","typ":"JWT"})"},
          std::string{R"({"alg":"EdDSA","typ":"JWT","kid":""})"},
          std::string{R"({"alg":"EdDSA","typ":"JWE","kid":"k"})"},
          std::string{R"({"alg":["EdDSA"],"typ":"JWT","kid":"k"})"},
          std::string{R"({"alg":"EdDSA","alg":"none","typ":"JWT","kid":"k"})"},
          std::string{R"({"alg":"EdDSA","typ":"JWT","kid":"k","crit":["b64"],"b64":false})"},
          std::string{"[]"}, std::string{"null"}, std::string{}, std::string{"{"},
          R"({"alg":"EdDSA","typ":"JWT","kid":")" + std::string(101, 'k') + R"("})"}) {
        EXPECT_FALSE(key_id_of(signed_token(key, header, good_payload))) << header;
        EXPECT_FALSE(verify_token(signed_token(key, header, good_payload), key.public_key)) << header;
    }
}

TEST_F(Token, with_a_missing_claim_is_rejected) {
    auto whole = json::parse(good_payload).value();
    for (const auto& [name, value] : *whole.object()) {
        auto members = *whole.object();
        std::erase_if(members, [&](const auto& member) { return member.first == name; });
        std::string payload;
        json::write_value(payload, json::Value{std::move(members)});
        EXPECT_FALSE(verify_token(signed_token(key, good_header, payload), key.public_key))
            << "without " << name;
    }
}

TEST_F(Token, with_an_invalid_claim_is_rejected) {
    auto with = [this](std::string_view from, std::string_view to) {
        auto payload = good_payload;
        payload.replace(payload.find(from), from.size(), to);
        return verify_token(signed_token(key, good_header, payload), key.public_key).has_value();
    };
    EXPECT_TRUE(with(R"("iat":1)", R"("iat":0,"more":{"ignored":true})"));
    EXPECT_FALSE(with(R"("iss":"stagedoor")", R"("iss":"stagedoo")"));
    EXPECT_FALSE(with(R"("aud":"stagedoor")", R"("aud":"other")"));
    EXPECT_FALSE(with(R"("aud":"stagedoor")", R"("aud":["stagedoor"])"));
    EXPECT_FALSE(with(R"("sub":"u1")", R"("sub":"")"));
    EXPECT_FALSE(with(R"("sub":"u1")", R"("sub":1)"));
    EXPECT_FALSE(with(R"("sid":"s1")", R"("sid":"")"));
    EXPECT_FALSE(with(R"("epoch":0)", R"("epoch":-1)"));
    EXPECT_FALSE(with(R"("exp":2)", R"("exp":"2")"));
    EXPECT_FALSE(with(R"("exp":2)", R"("exp":-2)"));
    EXPECT_FALSE(with(R"("exp":2)", R"("exp":9223372036854775807)"));
    EXPECT_FALSE(with(R"("exp":2)", R"("exp":2.5)"));
}

TEST_F(Token, over_4_KiB_is_rejected) {
    auto claims = claims_of("u1");
    claims.email = std::string(2500, 'e');
    EXPECT_TRUE(verify_token(sign_token(claims, key), key.public_key));
    claims.email = std::string(3500, 'e');
    EXPECT_FALSE(verify_token(sign_token(claims, key), key.public_key));
    EXPECT_FALSE(key_id_of(std::string(1'000'000, '.')));
}

TEST(Base64url, survives_a_round_trip) {
    EXPECT_TRUE(rc::check(
        "any bytes", [](const std::string& bytes) { RC_ASSERT(from_base64url(base64url(bytes)) == bytes); }));
    EXPECT_EQ(base64url("\xFB\xFF\xFE"), "-__-");
}

TEST(Base64url, is_decoded_strictly) {
    EXPECT_EQ(from_base64url(""), "");
    EXPECT_EQ(from_base64url("QQ"), "A");
    for (const auto* text :
         {"Q", "QQ==", "QR", "QUF", "Q Q", "QQ\n", "+/+/", "QQQQQ", "QQ.", "\x94w", "\xC1Q"}) {
        EXPECT_FALSE(from_base64url(text)) << text;
    }
}

}  // namespace
}  // namespace stagedoor::security
