// Who a request comes from, decided by each service for itself: a signed token, the public keys and the
// revocations that auth has told. All three are rows in the service's own database, and a cache in memory
// that follows them.
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
#include "common/sql/database.hpp"
#include "contracts/events/auth.hpp"

namespace stagedoor::security {

class Sessions {
  public:
    // `https`: the cookie is `__Host-session` and Secure, else `session`. `known_limit`: tokens remembered as
    // checked.
    Sessions(runtime::Clock& clock, bool https, std::size_t known_limit = 20'000);

    // Adds to the cache what the tables have. Called in a read() at start, before anything is served, and
    // again every second, so that a copy receives what another copy of the service was told.
    void load(sql::Tx& tx);

    // The token's claims if it is signed by a known key, not run out, not revoked, and of the user's present
    // epoch. Any thread; a token seen before costs a look-up.
    [[nodiscard]] std::optional<Claims> verify(std::string_view token) const;

    // Whether a session has been ended, by the tables: known at once, also when another copy was told.
    [[nodiscard]] static bool has_ended(sql::Tx& tx, const Claims& claims);

    // Whether any key is known; without one nobody can be signed in.
    [[nodiscard]] bool ready() const;

    [[nodiscard]] std::string_view cookie_name() const { return https_ ? "__Host-session" : "session"; }
    // The Set-Cookie header that carries `token` until it runs out; and the one that takes it away.
    [[nodiscard]] std::string cookie(const std::string& token, std::chrono::seconds max_age) const;
    [[nodiscard]] std::string cleared_cookie() const;

    // What auth told: rows in the transaction, the cache after its commit. Listeners in every service; called
    // directly by auth itself.
    void revoked(sql::Tx& tx, const contracts::SessionRevoked& event);
    void epoch_raised(sql::Tx& tx, const contracts::EpochRaised& event);
    void key_added(sql::Tx& tx, const contracts::KeyAdded& event);
    void key_retired(sql::Tx& tx, const contracts::KeyRetired& event);

    // Drops rows of revocations, and of raised epochs, whose tokens have all run out.
    static void forget_expired(sql::Tx& tx);

    [[nodiscard]] static std::vector<sql::Migration> migrations();

  private:
    struct Known {  // a token that was checked before; its signature need not be checked again
        Claims claims;
        std::string key_id;
    };
    struct Epoch {
        std::int64_t least = 0;
        Instant noted_at;
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };

    [[nodiscard]] bool stands(const Known& known, Instant now) const;
    [[nodiscard]] std::optional<PublicKey> find_key(std::string_view id) const;
    void note_key(const std::string& id, const PublicKey& key);
    void note_retired(const std::string& id);
    void note_epoch(const std::string& user, std::int64_t least, Instant noted_at);
    void drop_expired(Instant now);

    runtime::Clock& clock_;
    bool https_;
    const std::size_t known_limit_;
    // Not a shared_mutex: it is held for a look-up only, and many readers would keep a revocation waiting.
    mutable std::mutex mutex_;
    // All of these only grow towards «refused»: a load() that read before a commit takes nothing back.
    std::map<std::string, PublicKey, std::less<>> keys_;
    std::set<std::string, std::less<>> retired_keys_;
    std::unordered_map<std::string, Instant> revoked_;  // by session, until its tokens have run out
    std::unordered_map<std::string, Epoch> epochs_;  // by user who changed the password within a token's life
    std::optional<Instant> loaded_at_;
    std::chrono::nanoseconds loaded_whole_at_{};
    // By token; bounded.
    mutable std::unordered_map<std::string, std::shared_ptr<const Known>, TextHash, std::equal_to<>> known_;
};

}  // namespace stagedoor::security
