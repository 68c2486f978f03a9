#include "common/pictures/s3_signature.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "common/text/ascii.hpp"
#include "common/text/hex.hpp"

namespace stagedoor::pictures {
namespace {

constexpr auto algorithm = "AWS4-HMAC-SHA256";

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string sha256(std::string_view text) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), bytes(text), text.size());
    return text::to_hex(std::as_bytes(std::span{hash}));
}

std::string hmac(std::string_view key, std::string_view text) {
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes(key), key.size());
    crypto_auth_hmacsha256_update(&state, bytes(text), text.size());
    std::string code(crypto_auth_hmacsha256_BYTES, '\0');
    crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(code.data()));
    return code;
}

// ISO 8601's basic format: "20260501T193000Z".
std::string basic_time(Instant now) {
    auto text = now.to_text();
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text.substr(0, text.find('.')) + "Z";
}

}  // namespace

void sign(http::Request& request, const std::string& host, const S3Credentials& credentials, Instant now) {
    auto time = basic_time(now), day = time.substr(0, 8), body_hash = sha256(request.body);
    request.headers.set("Host", host);
    request.headers.set("X-Amz-Date", time);
    request.headers.set("X-Amz-Content-Sha256", body_hash);

    std::map<std::string, std::string> sorted;
    for (const auto& [name, value] : request.headers)
        sorted.emplace(text::to_lower(name), http::trimmed(value));
    std::string headers, names;
    for (const auto& [name, value] : sorted) {
        headers.append(name).append(":").append(value).append("\n");
        names.append(names.empty() ? "" : ";").append(name);
    }
    auto canonical = std::string{to_text(request.method)} + "\n" + request.target + "\n\n" + headers + "\n" +
                     names + "\n" + body_hash;

    auto scope = day + "/" + credentials.region + "/s3/aws4_request";
    auto to_sign = std::string{algorithm} + "\n" + time + "\n" + scope + "\n" + sha256(canonical);
    auto key = hmac(hmac(hmac(hmac("AWS4" + credentials.secret_key, day), credentials.region), "s3"),
                    "aws4_request");
    auto signature = hmac(key, to_sign);
    request.headers.set("Authorization", std::string{algorithm} + " Credential=" + credentials.access_key +
                                             "/" + scope + ",SignedHeaders=" + names + ",Signature=" +
                                             text::to_hex(std::as_bytes(std::span{signature})));
}

}  // namespace stagedoor::pictures
