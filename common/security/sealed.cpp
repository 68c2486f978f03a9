#include "common/security/sealed.hpp"

#include <sodium.h>

#include <array>
#include <new>

#include "common/security/token.hpp"

namespace stagedoor::security {
namespace {

constexpr std::size_t salt_size = crypto_pwhash_SALTBYTES;
constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// The key of one sealed text, wiped on destruction.
struct Key {
    std::array<unsigned char, crypto_aead_xchacha20poly1305_ietf_KEYBYTES> value{};

    Key(const std::string& secret, std::string_view salt) {
        constexpr std::size_t key_memory_bytes = 19 * 1024 * 1024;
        if (crypto_pwhash(value.data(), value.size(), secret.data(), secret.size(), bytes(salt), 2,
                          key_memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
            throw std::bad_alloc();
        }
    }
    ~Key() { sodium_memzero(value.data(), value.size()); }
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
};

}  // namespace

// Layout: salt, nonce, ciphertext, tag.
std::string seal(std::string_view plain, std::string_view name, const std::string& secret,
                 runtime::Random& random) {
    std::string sealed(salt_size + nonce_size + plain.size() + tag_size, '\0');
    random.fill(std::as_writable_bytes(std::span{sealed}).first(salt_size + nonce_size));
    Key key{secret, std::string_view{sealed}.substr(0, salt_size)};
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(sealed) + salt_size + nonce_size, nullptr, bytes(plain),
                                               plain.size(), bytes(name), name.size(), nullptr,
                                               bytes(sealed) + salt_size, key.value.data());
    return base64url(sealed);
}

std::optional<std::string> unseal(std::string_view sealed, std::string_view name, const std::string& secret) {
    auto raw = from_base64url(sealed);
    if (!raw || raw->size() < salt_size + nonce_size + tag_size) return std::nullopt;
    std::string_view all{*raw};
    auto ciphertext = all.substr(salt_size + nonce_size);
    Key key{secret, all.substr(0, salt_size)};
    std::string plain(ciphertext.size() - tag_size, '\0');
    auto failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
        bytes(plain), nullptr, nullptr, bytes(ciphertext), ciphertext.size(), bytes(name), name.size(),
        bytes(all) + salt_size, key.value.data());
    if (failed != 0) return std::nullopt;
    return plain;
}

}  // namespace stagedoor::security
