#include "services/auth/key_ring.hpp"

#include <algorithm>
#include <stdexcept>

#include "common/errors.hpp"
#include "common/security/sealed.hpp"

namespace stagedoor::auth {
namespace {

template <class Bytes>
std::string_view text_of(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// For the operator.
std::runtime_error wrong_secret() {
    return std::runtime_error(
        "JWT_KEY_SECRET is not the secret that auth's signing keys were encrypted with. Restore the old "
        "secret, or set it as JWT_KEY_SECRET_PREVIOUS. If it is lost, delete all rows of auth's table "
        "key_pairs: auth then creates a new key; existing sessions stay valid until they expire");
}

}  // namespace

std::optional<std::string> KeyRing::unseal(std::string_view sealed, std::string_view name) const {
    auto plain = security::unseal(sealed, name, secret_);
    if (!plain && !previous_secret_.empty()) plain = security::unseal(sealed, name, previous_secret_);
    return plain;
}

security::SigningKey KeyRing::open(const store::KeyRow& row) const {
    auto secret_key = unseal(row.sealed_key, row.id);
    auto public_key = security::from_base64url(row.public_key);
    security::SigningKey key{.id = row.id};
    if (!secret_key || secret_key->size() != key.secret_key.size()) throw wrong_secret();
    if (!public_key || public_key->size() != key.public_key.size())
        throw std::runtime_error("auth's table key_pairs is corrupt: public key of the wrong length");
    std::ranges::transform(*secret_key, key.secret_key.begin(),
                           [](char c) { return static_cast<unsigned char>(c); });
    std::ranges::transform(*public_key, key.public_key.begin(),
                           [](char c) { return static_cast<unsigned char>(c); });
    return key;
}

store::KeyRow KeyRing::make(std::int64_t number, Instant now, Instant active_at,
                            runtime::Random& random) const {
    auto key = security::new_signing_key(random);
    return {.id = key.id,
            .number = number,
            .public_key = security::base64url(text_of(key.public_key)),
            .sealed_key = security::seal(text_of(key.secret_key), key.id, secret_, random),
            .created_at = now,
            .active_at = active_at};
}

std::string KeyRing::make_device_key(runtime::Random& random) const {
    std::string key(32, '\0');
    random.fill(std::as_writable_bytes(std::span{key}));
    return security::seal(key, device_key_name, secret_, random);
}

void KeyRing::load(const std::vector<store::KeyRow>& rows,
                   const std::optional<std::string>& sealed_device_key) {
    std::map<std::int64_t, Entry> loaded;
    for (const auto& row : rows) {
        std::unique_lock lock{mutex_};
        auto known = by_number_.find(row.number);
        auto is_known = known != by_number_.end() && known->second.key->id == row.id;
        auto key = is_known ? known->second.key : nullptr;
        lock.unlock();
        if (!key) key = std::make_shared<const security::SigningKey>(open(row));
        loaded.emplace(row.number, Entry{row.active_at, std::move(key)});
    }
    if (sealed_device_key) load_device_key(*sealed_device_key);
    std::lock_guard lock{mutex_};
    by_number_ = std::move(loaded);
}

void KeyRing::load_device_key(const std::string& sealed) {
    {
        std::lock_guard lock{mutex_};
        if (sealed == sealed_device_key_) return;
    }
    auto key = unseal(sealed, device_key_name);
    if (!key) throw wrong_secret();
    std::lock_guard lock{mutex_};
    sealed_device_key_ = sealed;
    device_key_ = std::move(*key);
}

std::optional<std::string> KeyRing::sealed_anew(std::string_view sealed, std::string_view name,
                                                runtime::Random& random) const {
    if (previous_secret_.empty() || security::unseal(sealed, name, secret_)) return std::nullopt;
    auto plain = security::unseal(sealed, name, previous_secret_);
    if (!plain) throw wrong_secret();
    return security::seal(*plain, name, secret_, random);
}

std::shared_ptr<const security::SigningKey> KeyRing::active(Instant now) const {
    std::lock_guard lock{mutex_};
    for (auto entry = by_number_.rbegin(); entry != by_number_.rend(); ++entry) {
        if (entry->second.active_at <= now) return entry->second.key;
    }
    throw Unavailable("Signing in is not available yet. Please try again"_text);
}

std::string KeyRing::device_key() const {
    std::lock_guard lock{mutex_};
    if (device_key_.empty()) throw Unavailable("Signing in is not available yet. Please try again"_text);
    return device_key_;
}

}  // namespace stagedoor::auth
