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

std::string keyed_hash(std::string_view purpose, std::string_view text, const std::string& secret) {
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes_of(secret), secret.size());
    for (auto part : {purpose, std::string_view{"\n"}, text})
        crypto_auth_hmacsha256_update(&state, bytes_of(part), part.size());
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> hash{};
    crypto_auth_hmacsha256_final(&state, hash.data());
    return text_of(hash);
}

bool is_same_secret(std::string_view given, std::string_view expected) {
    return given.size() == expected.size() &&
           sodium_memcmp(given.data(), expected.data(), expected.size()) == 0;
}

std::string link_token(std::string_view id, std::string_view purpose, const std::string& secret) {
    return keyed_hash(purpose, id, secret);
}

std::string hash_of_token(std::string_view token) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), bytes_of(token), token.size());
    return text_of(hash);
}

}  // namespace stagedoor::security
