#include "common/security/link.hpp"

#include <sodium.h>

#include <array>

#include "common/security/token.hpp"

namespace stagedoor::security {
namespace {

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

template <std::size_t Size>
std::string text_of(const std::array<unsigned char, Size>& bytes) {
    return base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

std::string link_token(std::string_view id, std::string_view purpose, const std::string& secret) {
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes_of(secret), secret.size());
    for (auto part : {purpose, std::string_view{"\n"}, id})
        crypto_auth_hmacsha256_update(&state, bytes_of(part), part.size());
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> token{};
    crypto_auth_hmacsha256_final(&state, token.data());
    return text_of(token);
}

std::string hash_of_token(std::string_view token) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), bytes_of(token), token.size());
    return text_of(hash);
}

}  // namespace stagedoor::security
