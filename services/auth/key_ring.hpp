// The keys that tokens are signed with, opened and kept in memory; loops/rotate_keys.cpp makes, retires them.
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

    // A new key pair as a row, its private half sealed. Takes some 30 ms.
    [[nodiscard]] store::KeyRow make(std::int64_t number, Instant now, Instant active_at,
                                     runtime::Random& random) const;

    // Holds exactly the keys of `rows` from now on. Opens what it did not know, some 30 ms each; throws
    // std::runtime_error, in words for the operator, when JWT_KEY_SECRET isn't the one that sealed it.
    void hold(const std::vector<store::KeyRow>& rows);

    // The newest key that is active; throws Unavailable when there is none.
    [[nodiscard]] std::shared_ptr<const security::SigningKey> active(Instant now) const;

  private:
    struct Held {
        Instant active_at;
        std::shared_ptr<const security::SigningKey> key;
    };

    std::string secret_;
    mutable std::mutex mutex_;
    std::map<std::int64_t, Held> by_number_;
};

}  // namespace stagedoor::auth
