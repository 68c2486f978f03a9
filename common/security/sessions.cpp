#include "common/security/sessions.hpp"

#include <algorithm>
#include <boost/describe.hpp>
#include <mutex>
#include <stdexcept>

#include "common/runtime/mutation.hpp"
#include "common/sql/tx.hpp"
#include "contracts/events/auth.hpp"

namespace stagedoor::security {
namespace {

// Rows noted within this long before the last load are read again, because of transactions that began before
// it and committed after it, and of replicas whose clocks differ.
constexpr std::chrono::minutes overlap{1};
// Clocks may differ by more, or be set: at this interval of the monotonic clock, all rows are read.
constexpr std::chrono::minutes full_load_interval{1};
// By then the last token of an older epoch, issued before the epoch was raised, has expired.
constexpr std::chrono::hours epoch_memory = token_lifetime + std::chrono::hours{1};

struct KeyRow {
    std::string id, public_key;
    bool retired = false;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (), (id, public_key, retired))

struct RevokedRow {
    std::string session_id;
    Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(RevokedRow, (), (session_id, expires_at))

struct EpochRow {
    std::string user_id;
    std::int64_t epoch = 0;
    Instant noted_at;
};
BOOST_DESCRIBE_STRUCT(EpochRow, (), (user_id, epoch, noted_at))

PublicKey decode_key(std::string_view text) {
    auto bytes = from_base64url(text);
    PublicKey key{};
    if (!bytes || bytes->size() != key.size())
        throw std::invalid_argument("a public key is not 32 bytes in base64url");
    std::ranges::copy(*bytes, key.begin());
    return key;
}

}  // namespace

Sessions::Sessions(runtime::Clock& clock, bool https, std::size_t cache_limit)
    : clock_(clock), https_(https), cache_limit_(cache_limit) {}

// ---- verification

std::optional<Claims> Sessions::verify(std::string_view token) const {
    auto now = clock_.now();
    std::unique_lock lock{mutex_};
    if (auto found = verified_.find(token); found != verified_.end()) {
        auto verified = found->second;
        if (!is_valid(*verified, now)) return std::nullopt;
        lock.unlock();
        return verified->claims;
    }
    lock.unlock();

    auto key_id = key_id_of(token);
    auto key = key_id ? find_key(*key_id) : std::nullopt;
    auto claims = key ? verify_token(token, *key) : std::nullopt;
    if (!claims) return std::nullopt;
    auto verified = std::make_shared<const VerifiedToken>(*claims, std::move(*key_id));

    lock.lock();
    if (!is_valid(*verified, now)) return std::nullopt;
    if (verified_.size() >= cache_limit_) verified_.clear();
    verified_.emplace(token, std::move(verified));
    return claims;
}

bool Sessions::has_ended(sql::Tx& tx, const Claims& claims) {
    return tx
        .find<std::int64_t>(
            "SELECT 1 FROM revoked_sessions WHERE session_id = $1"
            " UNION ALL SELECT 1 FROM session_epochs WHERE user_id = $2 AND epoch > $3",
            claims.session, claims.user, claims.epoch)
        .has_value();
}

std::optional<PublicKey> Sessions::find_key(std::string_view id) const {
    std::lock_guard lock{mutex_};
    auto found = keys_.find(id);
    return found == keys_.end() ? std::nullopt : std::optional{found->second};
}

bool Sessions::is_valid(const VerifiedToken& verified, Instant now) const {
    const auto& claims = verified.claims;
    if (now >= claims.expires_at || !keys_.contains(verified.key_id) ||
        revoked_.contains(claims.session.text))
        return false;
    auto epoch = epochs_.find(claims.user.text);
    return epoch == epochs_.end() || claims.epoch >= epoch->second.min_epoch;
}

bool Sessions::ready() const {
    std::lock_guard lock{mutex_};
    return !keys_.empty();
}

// ---- the cookie

std::string Sessions::cookie(const std::string& token, std::chrono::seconds max_age) const {
    return std::string{cookie_name()} + "=" + token + "; Path=/; Max-Age=" + std::to_string(max_age.count()) +
           "; HttpOnly; SameSite=Lax";
}

std::string Sessions::cleared_cookie() const { return cookie({}, std::chrono::seconds{0}); }

// ---- auth's events

void Sessions::revoked(sql::Tx& tx, const contracts::SessionRevoked& event) {
    if (event.expires_at <= tx.now()) return;
    tx.send(R"(
        INSERT INTO revoked_sessions(session_id, user_id, noted_at, expires_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (session_id) DO NOTHING)",
            event.id, event.user_id, tx.now(), event.expires_at);
    tx.after_commit([this, id = event.id.text, expires_at = event.expires_at] {
        std::lock_guard lock{mutex_};
        revoked_.try_emplace(id, expires_at);
    });
}

void Sessions::epoch_raised(sql::Tx& tx, const contracts::EpochRaised& event) {
    tx.send(R"(
        INSERT INTO session_epochs(user_id, epoch, noted_at) VALUES ($1, $2, $3)
        ON CONFLICT (user_id) DO UPDATE SET epoch = excluded.epoch, noted_at = excluded.noted_at
            WHERE session_epochs.epoch < excluded.epoch)",
            event.user_id, event.epoch, tx.now());
    tx.after_commit([this, user = event.user_id.text, min_epoch = event.epoch, noted_at = tx.now()] {
        std::lock_guard lock{mutex_};
        cache_epoch(user, min_epoch, noted_at);
    });
}

void Sessions::key_added(sql::Tx& tx, const contracts::KeyAdded& event) {
    auto key = decode_key(event.public_key);
    tx.send(R"(
        INSERT INTO signing_keys(id, public_key, active_at, retired) VALUES ($1, $2, $3, 0)
        ON CONFLICT (id) DO NOTHING)",
            event.id, event.public_key, event.active_at);
    tx.after_commit([this, id = event.id, key] {
        std::lock_guard lock{mutex_};
        cache_key(id, key);
    });
}

void Sessions::key_retired(sql::Tx& tx, const contracts::KeyRetired& event) {
    tx.send("UPDATE signing_keys SET retired = 1 WHERE id = $1", event.id);
    tx.after_commit([this, id = event.id] {
        std::lock_guard lock{mutex_};
        cache_retired(id);
    });
}

// ---- the cache

void Sessions::load(sql::Tx& tx) {
    // Only load() sets `loaded_at_`, and only one runs at a time.
    auto is_full = !loaded_at_ || clock_.monotonic() - fully_loaded_at_ >= full_load_interval;
    auto since = is_full ? Instant{} : *loaded_at_ - overlap;
    auto keys = tx.query<KeyRow>("SELECT id, public_key, retired FROM signing_keys");
    auto revoked = tx.query<RevokedRow>(
        "SELECT session_id, expires_at FROM revoked_sessions WHERE noted_at >= $1 AND expires_at > $2", since,
        tx.now());
    auto epochs =
        tx.query<EpochRow>("SELECT user_id, epoch, noted_at FROM session_epochs WHERE noted_at >= $1", since);
    if (runtime::mutated(Mutation::revocation_not_shared)) revoked.clear();
    if (runtime::mutated(Mutation::new_password_not_shared)) epochs.clear();

    std::unique_lock lock{mutex_};
    for (const auto& row : keys) {
        if (row.retired)
            cache_retired(row.id);
        else
            cache_key(row.id, decode_key(row.public_key));
    }
    for (auto& row : revoked) revoked_.try_emplace(std::move(row.session_id), row.expires_at);
    for (const auto& row : epochs) cache_epoch(row.user_id, row.epoch, row.noted_at);
    drop_expired(tx.now());
    loaded_at_ = tx.now();
    if (is_full) fully_loaded_at_ = clock_.monotonic();
}

void Sessions::cache_key(const std::string& id, const PublicKey& key) {
    if (!retired_keys_.contains(id)) keys_.insert_or_assign(id, key);
}

void Sessions::cache_retired(const std::string& id) {
    retired_keys_.insert(id);
    keys_.erase(id);
}

void Sessions::cache_epoch(const std::string& user, std::int64_t min_epoch, Instant noted_at) {
    auto& epoch = epochs_[user];
    if (min_epoch > epoch.min_epoch) epoch = {min_epoch, noted_at};
}

void Sessions::drop_expired(Instant now) {
    std::erase_if(revoked_, [now](const auto& each) { return each.second <= now; });
    std::erase_if(epochs_, [now](const auto& each) { return each.second.noted_at + epoch_memory <= now; });
}

// ---- the tables

void Sessions::delete_expired(sql::Tx& tx) {
    tx.send("DELETE FROM revoked_sessions WHERE expires_at <= $1", tx.now());
    tx.send("DELETE FROM session_epochs WHERE noted_at <= $1", tx.now() - epoch_memory);
}

std::vector<sql::Migration> Sessions::migrations() {
    return {{"sessions", 1, R"(
        CREATE TABLE signing_keys (
            id         TEXT PRIMARY KEY,
            public_key TEXT NOT NULL,
            active_at  BIGINT NOT NULL,
            retired    BIGINT NOT NULL
        );
        CREATE TABLE revoked_sessions (
            session_id TEXT PRIMARY KEY,
            user_id    TEXT NOT NULL,
            noted_at   BIGINT NOT NULL,
            expires_at BIGINT NOT NULL
        );
        CREATE INDEX revoked_sessions_by_note ON revoked_sessions(noted_at);
        CREATE INDEX revoked_sessions_by_expiry ON revoked_sessions(expires_at);
        CREATE TABLE session_epochs (
            user_id  TEXT PRIMARY KEY,
            epoch    BIGINT NOT NULL,
            noted_at BIGINT NOT NULL
        );
        CREATE INDEX session_epochs_by_note ON session_epochs(noted_at);)"}};
}

}  // namespace stagedoor::security
