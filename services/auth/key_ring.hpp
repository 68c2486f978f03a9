// The decrypted signing keys, kept in memory. workers/rotate_keys.cpp creates and retires them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/security/token.hpp"
#include "contracts/instant.hpp"
#include "services/auth/store/keys.hpp"

namespace stagedoor::auth {

class KeyRing {
  public:
    explicit KeyRing(std::string secret) : secret_(std::move(secret)) {}

    // Generates a key pair and seals its private half. Takes about 30 ms.
    [[nodiscard]] store::KeyRow make(std::int64_t number, Instant now, Instant active_at,
                                     runtime::Random& random) const;

    // Replaces the ring's contents with `rows`. Decrypts keys that are new to it, about 30 ms each. Throws
    // std::runtime_error with a message for the operator if JWT_KEY_SECRET does not open them.
    void load(const std::vector<store::KeyRow>& rows);

    // The newest active key; throws Unavailable if there is none.
    [[nodiscard]] std::shared_ptr<const security::SigningKey> active(Instant now) const;

  private:
    struct Entry {
        Instant active_at;
        std::shared_ptr<const security::SigningKey> key;
    };

    std::string secret_;
    mutable std::mutex mutex_;
    std::map<std::int64_t, Entry> by_number_;
};

}  // namespace stagedoor::auth
