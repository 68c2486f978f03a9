#include "services/payments/providers/stripe_signature.hpp"

#include <sodium.h>

#include <array>
#include <charconv>
#include <limits>

#include "common/http/message.hpp"
#include "common/security/link.hpp"
#include "common/text/hex.hpp"

namespace stagedoor::payments::stripe {
namespace {

constexpr std::int64_t tolerance_seconds = 5 * 60;

bool is_near(std::string_view seconds, Instant now) {
    std::int64_t signed_at = 0;
    auto [end, error] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), signed_at);
    if (error != std::errc{} || end != seconds.data() + seconds.size() || signed_at < 0) return false;
    auto now_seconds = now.milliseconds / 1000;
    return signed_at >= now_seconds - tolerance_seconds && signed_at <= now_seconds + tolerance_seconds;
}

}  // namespace

std::string signature(std::string_view time, std::string_view body, const std::string& secret) {
    auto bytes = [](std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes(secret), secret.size());
    for (auto part : {time, std::string_view{"."}, body})
        crypto_auth_hmacsha256_update(&state, bytes(part), part.size());
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> code{};
    crypto_auth_hmacsha256_final(&state, code.data());
    return text::to_hex(std::as_bytes(std::span{code}));
}

bool is_genuine(std::string_view body, std::string_view header, const std::string& secret, Instant now) {
    std::string_view time;
    for (std::string_view rest = header, element; http::next_element(rest, element);)
        if (element.starts_with("t=")) time = element.substr(2);
    if (!is_near(time, now)) return false;

    auto expected = signature(time, body, secret);
    for (std::string_view rest = header, element; http::next_element(rest, element);) {
        if (element.starts_with("v1=") && security::is_same_secret(element.substr(3), expected)) return true;
    }
    return false;
}

}  // namespace stagedoor::payments::stripe
