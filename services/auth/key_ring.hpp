// auth's decrypted keys, kept in memory: those that sign tokens, and that of the device cookies.
// workers/rotate_keys.cpp creates and retires them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/security/token.hpp"
#include "contracts/instant.hpp"
#include "services/auth/store/keys.hpp"

namespace stagedoor::auth {

// The name under which the key of the device cookies is stored and sealed.
inline constexpr std::string_view device_key_name = "device";

class KeyRing {
  public:
    // `previous_secret` opens what was encrypted before `secret` replaced it; empty: nothing.
    explicit KeyRing(std::string secret, std::string previous_secret = {})
        : secret_(std::move(secret)), previous_secret_(std::move(previous_secret)) {}

    // Generates a key pair and seals its private half. Takes about 30 ms.
    [[nodiscard]] store::KeyRow make(std::int64_t number, Instant now, Instant active_at,
                                     runtime::Random& random) const;

    // A new key of the device cookies, sealed. Takes about 30 ms.
    [[nodiscard]] std::string make_device_key(runtime::Random& random) const;

    // Replaces the ring's contents. Decrypts keys that are new to it, about 30 ms each. Throws
    // std::runtime_error with a message for the operator if JWT_KEY_SECRET does not open them.
    void load(const std::vector<store::KeyRow>& rows, const std::optional<std::string>& sealed_device_key);

    // What is sealed under the previous secret, sealed under the current one; nullopt if it is already.
    [[nodiscard]] std::optional<std::string> sealed_anew(std::string_view sealed, std::string_view name,
                                                         runtime::Random& random) const;

    // The newest active key; throws Unavailable if there is none.
    [[nodiscard]] std::shared_ptr<const security::SigningKey> active(Instant now) const;

    // Proves in which browsers a user has signed in.
    [[nodiscard]] std::string device_key() const;

  private:
    struct Entry {
        Instant active_at;
        std::shared_ptr<const security::SigningKey> key;
    };

    [[nodiscard]] std::optional<std::string> unseal(std::string_view sealed, std::string_view name) const;
    [[nodiscard]] security::SigningKey open(const store::KeyRow& row) const;
    void load_device_key(const std::string& sealed);

    const std::string secret_, previous_secret_;
    mutable std::mutex mutex_;
    std::map<std::int64_t, Entry> by_number_;
    std::string sealed_device_key_, device_key_;
};

}  // namespace stagedoor::auth
