// Authenticates requests inside each service: verifies session tokens with the public keys, revocations and
// epochs that auth publishes. These are rows in the service's own database, and a cache of them in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/security/token.hpp"
#include "common/sql/migration.hpp"

namespace stagedoor::contracts {
struct SessionRevoked;
struct EpochRaised;
struct KeyAdded;
struct KeyRetired;
}  // namespace stagedoor::contracts
namespace stagedoor::sql {
class Tx;
}

namespace stagedoor::security {

class Sessions {
  public:
    // `https`: the cookie is `__Host-session`, otherwise `session`. `cache_limit`: maximum number of verified
    // tokens in the cache.
    Sessions(runtime::Clock& clock, bool https, std::size_t cache_limit = 20'000);

    // Updates the cache from the tables. Called in a read() before anything is served and then every second,
    // so that a replica learns of events that another replica of the service has received.
    void load(sql::Tx& tx);

    // The token's claims if it is signed by a known key, not expired, not revoked, and not older than the
    // user's epoch. Any thread. A token that was verified before costs a look-up.
    [[nodiscard]] std::optional<Claims> verify(std::string_view token) const;

    // Whether a session has ended, according to the tables: up to date even if another replica received the
    // event.
    [[nodiscard]] static bool has_ended(sql::Tx& tx, const Claims& claims);

    // Whether any key is known; without one no token is valid.
    [[nodiscard]] bool ready() const;

    [[nodiscard]] std::string_view cookie_name() const { return https_ ? "__Host-session" : "session"; }
    // The Set-Cookie header that sets `token`, and the one that deletes it. The router adds Secure.
    [[nodiscard]] std::string cookie(const std::string& token, std::chrono::seconds max_age) const;
    [[nodiscard]] std::string cleared_cookie() const;

    // Handlers of auth's events: they write rows in the transaction and update the cache after its commit.
    // Auth itself calls them directly.
    void revoked(sql::Tx& tx, const contracts::SessionRevoked& event);
    void epoch_raised(sql::Tx& tx, const contracts::EpochRaised& event);
    void key_added(sql::Tx& tx, const contracts::KeyAdded& event);
    void key_retired(sql::Tx& tx, const contracts::KeyRetired& event);

    // Deletes revocations and epochs once all tokens that they concern have expired.
    static void delete_expired(sql::Tx& tx);

    [[nodiscard]] static std::vector<sql::Migration> migrations();

  private:
    struct VerifiedToken {  // its signature need not be checked again
        Claims claims;
        std::string key_id;
    };
    struct Epoch {
        std::int64_t min_epoch = 0;
        Instant noted_at;
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };

    [[nodiscard]] bool is_valid(const VerifiedToken& verified, Instant now) const;
    [[nodiscard]] std::optional<PublicKey> find_key(std::string_view id) const;
    void cache_key(const std::string& id, const PublicKey& key);
    void cache_retired(const std::string& id);
    void cache_epoch(const std::string& user, std::int64_t min_epoch, Instant noted_at);
    void drop_expired(Instant now);

    runtime::Clock& clock_;
    bool https_;
    const std::size_t cache_limit_;
    // Not a shared_mutex: it is held for a look-up only, and many readers could starve a revocation.
    mutable std::mutex mutex_;
    // None of these ever goes back (a retired key stays retired): a load() that read before a commit undoes
    // nothing.
    std::map<std::string, PublicKey, std::less<>> keys_;
    std::set<std::string, std::less<>> retired_keys_;
    std::unordered_map<std::string, Instant> revoked_;  // expiry of its tokens, by session
    std::unordered_map<std::string, Epoch> epochs_;     // by user with a recent password change
    std::optional<Instant> loaded_at_;
    std::chrono::nanoseconds fully_loaded_at_{};
    // By token; at most cache_limit_.
    mutable std::unordered_map<std::string, std::shared_ptr<const VerifiedToken>, TextHash, std::equal_to<>>
        verified_;
};

}  // namespace stagedoor::security
