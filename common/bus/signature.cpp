#include "common/bus/signature.hpp"

#include <sodium.h>

#include <algorithm>
#include <span>

#include "common/runtime/mutation.hpp"
#include "common/text/hex.hpp"

namespace stagedoor::bus {
namespace {

constexpr int signature_encoding = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::optional<std::array<unsigned char, 32>> from_hex(std::string_view text) {
    std::array<unsigned char, 32> bytes;
    std::size_t size = 0;
    if (text.size() != 2 * bytes.size()) return std::nullopt;
    auto failed =
        sodium_hex2bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size, nullptr);
    return failed == 0 && size == bytes.size() ? std::optional{bytes} : std::nullopt;
}

}  // namespace

std::optional<EventPublicKey> EventPublicKey::parse(std::string_view text) {
    auto bytes = from_hex(text);
    if (!bytes) return std::nullopt;
    EventPublicKey key;
    key.bytes_ = *bytes;
    return key;
}

std::string EventPublicKey::text() const { return text::to_hex(std::as_bytes(std::span{bytes_})); }

bool EventPublicKey::verifies(std::string_view envelope, std::string_view signature) const {
    std::array<unsigned char, crypto_sign_BYTES> decoded;
    std::size_t size = 0;
    const char* end = nullptr;
    auto failed = sodium_base642bin(decoded.data(), decoded.size(), signature.data(), signature.size(),
                                    nullptr, &size, &end, signature_encoding);
    if (failed != 0 || size != decoded.size() || end != signature.data() + signature.size()) return false;
    return crypto_sign_verify_detached(decoded.data(), bytes_of(envelope), envelope.size(), bytes_.data()) ==
           0;
}

std::optional<EventKey> EventKey::parse(std::string_view text) {
    auto seed = from_hex(text);
    if (!seed) return std::nullopt;
    EventKey key;
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key;
    crypto_sign_seed_keypair(public_key.data(), key.bytes_.data(), seed->data());
    sodium_memzero(seed->data(), seed->size());
    return key;
}

EventPublicKey EventKey::public_key() const {
    EventPublicKey key;
    crypto_sign_ed25519_sk_to_pk(key.bytes_.data(), bytes_.data());
    return key;
}

std::string EventKey::sign(std::string_view envelope) const {
    std::array<unsigned char, crypto_sign_BYTES> signature;
    crypto_sign_detached(signature.data(), nullptr, bytes_of(envelope), envelope.size(), bytes_.data());
    std::array<char, sodium_base64_ENCODED_LEN(crypto_sign_BYTES, signature_encoding)> text;
    sodium_bin2base64(text.data(), text.size(), signature.data(), signature.size(), signature_encoding);
    return text.data();
}

std::string EventKeys::sign(std::string_view service, std::string_view envelope) const {
    auto key = signing.find(service);
    return key == signing.end() ? "" : key->second.sign(envelope);
}

std::string EventKeys::problem_with(std::string_view source, std::string_view envelope,
                                    std::string_view signature) const {
    auto keys = trusted.find(source);
    if (keys == trusted.end() || runtime::mutated(Mutation::signature_not_checked)) return {};
    if (signature.empty()) return "it is not signed";
    auto verifies = [&](const EventPublicKey& key) { return key.verifies(envelope, signature); };
    if (std::ranges::any_of(keys->second, verifies)) return {};
    return "no key of " + std::string{source} + " verifies its signature";
}

}  // namespace stagedoor::bus
