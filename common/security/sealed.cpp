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

using KeyBytes = std::array<unsigned char, crypto_aead_xchacha20poly1305_ietf_KEYBYTES>;

void derive(KeyBytes& key, const std::string& secret, std::string_view salt) {
    constexpr std::size_t key_memory_bytes = 19 * 1024 * 1024;
    if (crypto_pwhash(key.data(), key.size(), secret.data(), secret.size(), bytes(salt), 2, key_memory_bytes,
                      crypto_pwhash_ALG_ARGON2ID13) != 0) {
        throw std::bad_alloc();
    }
}

// The key of one sealed text, wiped on destruction.
struct Key {
    KeyBytes value{};

    Key(const std::string& secret, std::string_view salt) { derive(value, secret, salt); }
    ~Key() { sodium_memzero(value.data(), value.size()); }
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
};

// Encrypts behind the nonce, which ends at `begin`, to the end of `sealed`.
void encrypt(std::string& sealed, std::size_t begin, std::string_view plain, std::string_view name,
             const KeyBytes& key) {
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(sealed) + begin, nullptr, bytes(plain), plain.size(),
                                               bytes(name), name.size(), nullptr,
                                               bytes(sealed) + begin - nonce_size, key.data());
}

std::optional<std::string> decrypt(std::string_view sealed, std::size_t begin, std::string_view name,
                                   const KeyBytes& key) {
    auto ciphertext = sealed.substr(begin);
    std::string plain(ciphertext.size() - tag_size, '\0');
    auto failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
        bytes(plain), nullptr, nullptr, bytes(ciphertext), ciphertext.size(), bytes(name), name.size(),
        bytes(sealed) + begin - nonce_size, key.data());
    if (failed != 0) return std::nullopt;
    return plain;
}

}  // namespace

// Layout: salt, nonce, ciphertext, tag.
std::string seal(std::string_view plain, std::string_view name, const std::string& secret,
                 runtime::Random& random) {
    std::string sealed(salt_size + nonce_size + plain.size() + tag_size, '\0');
    random.fill(std::as_writable_bytes(std::span{sealed}).first(salt_size + nonce_size));
    Key key{secret, std::string_view{sealed}.substr(0, salt_size)};
    encrypt(sealed, salt_size + nonce_size, plain, name, key.value);
    return base64url(sealed);
}

std::optional<std::string> unseal(std::string_view sealed, std::string_view name, const std::string& secret) {
    auto raw = from_base64url(sealed);
    if (!raw || raw->size() < salt_size + nonce_size + tag_size) return std::nullopt;
    Key key{secret, std::string_view{*raw}.substr(0, salt_size)};
    return decrypt(*raw, salt_size + nonce_size, name, key.value);
}

Sealer::~Sealer() { sodium_memzero(key_.data(), key_.size()); }

const Sealer::DerivedKey& Sealer::key() {
    std::call_once(derived_, [this] {
        std::array<unsigned char, salt_size> salt{};
        crypto_generichash(salt.data(), salt.size(), bytes(std::string_view{purpose_}), purpose_.size(),
                           nullptr, 0);
        derive(key_, secret_, {reinterpret_cast<const char*>(salt.data()), salt.size()});
    });
    return key_;
}

// Layout: nonce, ciphertext, tag.
std::string Sealer::seal(std::string_view plain, std::string_view name, runtime::Random& random) {
    std::string sealed(nonce_size + plain.size() + tag_size, '\0');
    random.fill(std::as_writable_bytes(std::span{sealed}).first(nonce_size));
    encrypt(sealed, nonce_size, plain, name, key());
    return base64url(sealed);
}

std::optional<std::string> Sealer::unseal(std::string_view sealed, std::string_view name) {
    auto raw = from_base64url(sealed);
    if (!raw || raw->size() < nonce_size + tag_size) return std::nullopt;
    return decrypt(*raw, nonce_size, name, key());
}

}  // namespace stagedoor::security
