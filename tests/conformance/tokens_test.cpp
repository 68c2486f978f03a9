// Invalid tokens: forged, foreign, expired, wrong algorithm. The genuine key is read from auth's database, so
// that every token is rejected for exactly one reason.
#include <sodium.h>

#include "common/security/sealed.hpp"
#include "common/security/token.hpp"
#include "tests/conformance/shared_marketplace.hpp"

namespace stagedoor::testing {
namespace {

using security::base64url;

security::SigningKey decrypt_genuine_key() {
    auto row = shared()
                   .marketplace->databases()
                   ->query("auth", "SELECT id, sealed_key, public_key FROM key_pairs ORDER BY number DESC")
                   .at(0);
    auto secret = security::unseal(row[1].value(), row[0].value(), std::string{shared_key_secret});
    auto public_key = security::from_base64url(row[2].value());
    security::SigningKey key{.id = row[0].value()};
    if (!secret || !public_key) throw std::runtime_error("cannot decrypt the signing key");
    std::ranges::transform(*secret, key.secret_key.begin(),
                           [](char c) { return static_cast<unsigned char>(c); });
    std::ranges::transform(*public_key, key.public_key.begin(),
                           [](char c) { return static_cast<unsigned char>(c); });
    return key;
}

const security::SigningKey& genuine_key() {
    static const auto key = decrypt_genuine_key();  // decrypting takes a while
    return key;
}

security::Claims claims() {
    auto now = Instant{now_ms()};
    return {.user = UserId{shared().eve.id},
            .email = shared().eve.email,
            .session = SessionId{"0190f3a0-0000-7000-8000-000000000000"},
            .epoch = 1'000'000,
            .roles = {},
            .issued_at = now,
            .expires_at = now + std::chrono::hours{1}};
}

// A token with this header and payload, both JSON, signed with `key`.
std::string signed_by(const security::SigningKey& key, const std::string& header,
                      const std::string& payload) {
    auto token = base64url(header) + "." + base64url(payload);
    std::array<unsigned char, crypto_sign_BYTES> signature{};
    crypto_sign_detached(signature.data(), nullptr, reinterpret_cast<const unsigned char*>(token.data()),
                         token.size(), key.secret_key.data());
    return token + "." + base64url({reinterpret_cast<const char*>(signature.data()), signature.size()});
}

std::string payload(std::string_view issuer = "stagedoor", std::string_view audience = "stagedoor",
                    std::int64_t lives_for_s = 3600) {
    auto now = now_ms() / 1000;
    return R"({"sub":)" + json_text(shared().eve.id) +
           R"(,"email":"eve@example.com","sid":"s","epoch":1000000,"roles":[],"iat":)" +
           std::to_string(now - 10) + R"(,"exp":)" + std::to_string(now + lives_for_s) + R"(,"iss":)" +
           json_text(issuer) + R"(,"aud":)" + json_text(audience) + "}";
}

std::string header(const security::SigningKey& key, std::string_view algorithm = "EdDSA") {
    return R"({"alg":)" + json_text(algorithm) + R"(,"typ":"JWT","kid":)" + json_text(key.id) + "}";
}

void expect_status_everywhere(const std::string& token, int status, Where where = Where::current()) {
    for (auto target : {"/api/orders", "/api/tickets/mine", "/api/users/sessions", "/api/payments/balance"}) {
        shared().anonymous().with("Cookie", "session=" + token).get(target).expect(status, {}, where);
        shared().anonymous().with("Authorization", "Bearer " + token).get(target).expect(status, {}, where);
    }
}

TEST(Token, is_accepted_if_genuine) {
    expect_status_everywhere(security::sign_token(claims(), genuine_key()), 200);
    expect_status_everywhere(signed_by(genuine_key(), header(genuine_key()), payload()), 200);
}

TEST(Token, is_rejected_if_expired) {
    expect_status_everywhere(
        signed_by(genuine_key(), header(genuine_key()), payload("stagedoor", "stagedoor", -1)), 401);
}

TEST(Token, is_rejected_with_a_foreign_issuer_or_audience) {
    expect_status_everywhere(signed_by(genuine_key(), header(genuine_key()), payload("somebody else")), 401);
    expect_status_everywhere(
        signed_by(genuine_key(), header(genuine_key()), payload("stagedoor", "somebody else")), 401);
    expect_status_everywhere(signed_by(genuine_key(), header(genuine_key()), R"({"sub":"x"})"), 401);
}

TEST(Token, is_rejected_if_signed_with_a_foreign_key) {
    runtime::SeededRandom random{1};
    auto foreign = security::new_signing_key(random);
    expect_status_everywhere(signed_by(foreign, header(foreign), payload()), 401);
    foreign.id = genuine_key().id;
    expect_status_everywhere(signed_by(foreign, header(foreign), payload()), 401);
}

TEST(Token, is_rejected_if_one_character_was_changed) {
    auto token = shared().eve.token();
    expect_status_everywhere(token, 200);
    for (auto at : {std::size_t{2}, token.find('.') + 5, token.rfind('.') + 5}) {
        auto changed = token;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        expect_status_everywhere(changed, 401);
    }
    expect_status_everywhere(token.substr(0, token.rfind('.') + 1), 401);
    expect_status_everywhere(token + "A", 401);
    expect_status_everywhere(token + "=", 401);
}

TEST(Token, is_rejected_with_no_or_another_algorithm) {
    auto key = genuine_key();
    expect_status_everywhere(base64url(header(key, "none")) + "." + base64url(payload()) + ".", 401);
    expect_status_everywhere(base64url(R"({"alg":"none"})") + "." + base64url(payload()) + ".", 401);
    for (auto algorithm : {"none", "None", "HS256", "ES256", "eddsa", ""})
        expect_status_everywhere(signed_by(key, header(key, algorithm), payload()), 401);

    // HS256 with the public key as its secret.
    auto forged = base64url(header(key, "HS256")) + "." + base64url(payload());
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.public_key.data(), key.public_key.size());
    crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(forged.data()),
                                  forged.size());
    crypto_auth_hmacsha256_final(&state, mac.data());
    expect_status_everywhere(
        forged + "." + base64url({reinterpret_cast<const char*>(mac.data()), mac.size()}), 401);
}

TEST(Token, is_rejected_if_malformed) {
    for (auto token : {"", ".", "..", "...", "a.b.c", "e30.e30.e30", "%00", "\"\""})
        expect_status_everywhere(token, 401);
    expect_status_everywhere(std::string(5000, 'A'), 401);
    expect_status_everywhere(
        signed_by(genuine_key(), R"({"alg":"EdDSA","typ":"JWT","kid":"../../x"})", payload()), 401);
    expect_status_everywhere(
        signed_by(genuine_key(),
                  R"({"alg":"EdDSA","typ":"JWT","crit":["x"],"kid":)" + json_text(genuine_key().id) + "}",
                  payload()),
        401);
}

TEST(Token, is_rejected_with_an_older_epoch) {
    auto user = sign_up(shared().url);
    auto old = user.token();
    auto reply = user.at(shared().url)
                     .put("/api/users/password", R"({"currentPassword":)" + json_text(user.password) +
                                                     R"(,"newPassword":"eleven brass keyholes"})");
    reply.expect(200);
    EXPECT_TRUE(becomes_true(
        [&] {
            return shared().anonymous().with("Authorization", "Bearer " + old).get("/api/orders").status ==
                   401;
        },
        2s));
}

}  // namespace
}  // namespace stagedoor::testing
