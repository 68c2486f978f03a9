#include "common/security/token.hpp"

#include <sodium.h>

#include <algorithm>
#include <boost/describe.hpp>

#include "common/errors.hpp"
#include "common/json/read.hpp"
#include "common/json/write.hpp"

namespace stagedoor::security {
namespace {

constexpr std::string_view algorithm = "EdDSA";
constexpr std::string_view token_type = "JWT";
constexpr std::size_t size_limit = 4096;
constexpr std::int64_t latest_second = 253'402'300'799;  // of the year 9999

struct Header {
    std::string alg, typ, kid;
};
BOOST_DESCRIBE_STRUCT(Header, (), (alg, typ, kid))

struct Payload {
    std::string sub, email, sid;
    std::int64_t epoch = 0;
    std::vector<std::string> roles;
    std::int64_t iat = 0, exp = 0;  // seconds
    std::string iss, aud;
    std::optional<bool> confirmed;  // absent: no, also in tokens of earlier versions
};
BOOST_DESCRIBE_STRUCT(Payload, (), (sub, email, sid, epoch, roles, iat, exp, iss, aud, confirmed))

// The three parts of header.payload.signature, still encoded.
struct Parts {
    std::string_view header, payload, signature, signed_part;
};

std::optional<Parts> split(std::string_view token) {
    if (token.size() > size_limit) return std::nullopt;
    auto first = token.find('.');
    if (first == std::string_view::npos) return std::nullopt;
    auto second = token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
        return std::nullopt;
    return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                 token.substr(second + 1), token.substr(0, second)};
}

std::optional<std::string> key_id_in(std::string_view header_part) {
    auto text = from_base64url(header_part);
    auto value = text ? json::parse(*text) : std::unexpected(Message{});
    // `crit` lists extensions that must be supported, and none is (RFC 7515, 4.1.11).
    if (!value || value->find("crit")) return std::nullopt;
    auto header = json::read<Header>(*value);
    if (!header || header->alg != algorithm || header->typ != token_type) return std::nullopt;
    if (header->kid.empty() || header->kid.size() > 100) return std::nullopt;
    return std::move(header->kid);
}

bool is_valid(const Payload& payload) {
    auto is_time = [](std::int64_t seconds) { return seconds >= 0 && seconds <= latest_second; };
    return payload.iss == token_issuer && payload.aud == token_audience && !payload.sub.empty() &&
           !payload.sid.empty() && payload.epoch >= 0 && is_time(payload.iat) && is_time(payload.exp);
}

}  // namespace

bool Claims::has_role(std::string_view role) const { return std::ranges::find(roles, role) != roles.end(); }

void require_confirmed(const Claims& user) {
    if (!user.confirmed)
        throw Forbidden("Confirm your email address first, with the link in the email we sent you"_text);
}

SigningKey new_signing_key(runtime::Random& random) {
    SigningKey key;
    key.id = random.hex(8);
    std::array<std::byte, crypto_sign_SEEDBYTES> seed;
    random.fill(seed);
    crypto_sign_seed_keypair(key.public_key.data(), key.secret_key.data(),
                             reinterpret_cast<unsigned char*>(seed.data()));
    sodium_memzero(seed.data(), seed.size());
    return key;
}

std::string sign_token(const Claims& claims, const SigningKey& key) {
    Header header{std::string{algorithm}, std::string{token_type}, key.id};
    Payload payload{.sub = claims.user.text,
                    .email = claims.email,
                    .sid = claims.session.text,
                    .epoch = claims.epoch,
                    .roles = claims.roles,
                    .iat = claims.issued_at.milliseconds / 1000,
                    .exp = claims.expires_at.milliseconds / 1000,
                    .iss = std::string{token_issuer},
                    .aud = std::string{token_audience},
                    .confirmed = claims.confirmed ? std::optional{true} : std::nullopt};
    auto token = base64url(json::to_json(header)) + "." + base64url(json::to_json(payload));
    std::array<unsigned char, crypto_sign_BYTES> signature;
    crypto_sign_detached(signature.data(), nullptr, reinterpret_cast<const unsigned char*>(token.data()),
                         token.size(), key.secret_key.data());
    return token + "." + base64url({reinterpret_cast<const char*>(signature.data()), signature.size()});
}

std::optional<std::string> key_id_of(std::string_view token) {
    auto parts = split(token);
    return parts ? key_id_in(parts->header) : std::nullopt;
}

std::optional<Claims> verify_token(std::string_view token, const PublicKey& key) {
    auto parts = split(token);
    if (!parts || !key_id_in(parts->header)) return std::nullopt;
    auto signature = from_base64url(parts->signature);
    if (!signature || signature->size() != crypto_sign_BYTES) return std::nullopt;
    auto failed =
        crypto_sign_verify_detached(reinterpret_cast<const unsigned char*>(signature->data()),
                                    reinterpret_cast<const unsigned char*>(parts->signed_part.data()),
                                    parts->signed_part.size(), key.data());
    if (failed != 0) return std::nullopt;

    auto text = from_base64url(parts->payload);
    auto payload = text ? json::read<Payload>(*text) : std::unexpected(Problems{});
    if (!payload || !is_valid(*payload)) return std::nullopt;
    return Claims{.user = UserId{std::move(payload->sub)},
                  .email = std::move(payload->email),
                  .session = SessionId{std::move(payload->sid)},
                  .epoch = payload->epoch,
                  .roles = std::move(payload->roles),
                  .confirmed = payload->confirmed.value_or(false),
                  .issued_at = Instant{payload->iat * 1000},
                  .expires_at = Instant{payload->exp * 1000}};
}

}  // namespace stagedoor::security
