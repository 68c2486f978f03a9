#include <algorithm>

#include "common/runtime/log.hpp"
#include "services/auth/workers/workers.hpp"

namespace stagedoor::auth::workers {
namespace {

// A key is published this long before it becomes active, so that every service knows it by then.
constexpr std::chrono::minutes activation_delay{10};
// A key's last token, signed just before the successor became active, has expired by then. The extra hour
// allows for a replica whose clock is behind.
constexpr std::chrono::milliseconds overlap = security::token_lifetime + std::chrono::hours{1};

// What is stored.
struct SealedKeys {
    std::vector<store::KeyRow> signing;
    std::optional<std::string> device;
    std::int64_t last_number = 0;
};

Task<SealedKeys> stored_keys(App& app) {
    co_return co_await app.db.read([](sql::Tx& tx) {
        return SealedKeys{store::keys(tx), store::sealed_secret(tx, device_key_name),
                          store::last_key_number(tx)};
    });
}

// Returns how many keys were not encrypted under JWT_KEY_SECRET yet.
Task<std::size_t> seal_anew(App& app) {
    if (app.settings.jwt_key_secret_previous.empty()) co_return 0;
    auto stored = co_await stored_keys(app);
    std::vector<std::pair<store::KeyRow, std::string>> signing;
    for (const auto& key : stored.signing) {
        if (auto sealed = app.keys.sealed_anew(key.sealed_key, key.id, app.random))
            signing.emplace_back(key, std::move(*sealed));
    }
    auto device =
        stored.device ? app.keys.sealed_anew(*stored.device, device_key_name, app.random) : std::nullopt;
    auto count = signing.size() + (device ? 1 : 0);
    if (count == 0) co_return 0;
    co_await app.db.write([&](sql::Tx& tx) {
        for (const auto& [key, sealed] : signing) store::store_sealed_anew(tx, key, sealed);
        if (device) store::store_secret_sealed_anew(tx, device_key_name, *stored.device, *device);
    });
    app.security_log.write(security::SecurityEvent::key_changed,
                           {{"action", "encrypt-anew"}, {"subject", std::to_string(count) + " keys"}});
    co_return count;
}

Task<> add_key(App& app, std::int64_t number, Instant active_at) {
    auto key = app.keys.make(number, app.clock.now(), active_at, app.random);
    co_await app.db.write([&](sql::Tx& tx) { store::add_key(tx, key, *app.sessions); });
}

}  // namespace

Task<> prepare_keys(App& app) {
    if (app.settings.jwt_key_secret.empty()) {
        log::warning(
            "JWT_KEY_SECRET is not set: the signing keys in auth's database are effectively unencrypted");
    }
    auto stored = co_await stored_keys(app);
    if (stored.signing.empty()) co_await add_key(app, stored.last_number + 1, app.clock.now());
    if (stored.signing.empty() || !stored.device) {
        auto sealed = app.keys.make_device_key(app.random);
        // If all signing keys were deleted, nobody may know the secret that the old one was encrypted with.
        auto replace = stored.signing.empty();
        co_await app.db.write([&](sql::Tx& tx) {
            if (replace)
                store::replace_sealed_secret(tx, device_key_name, sealed);
            else
                store::add_sealed_secret(tx, device_key_name, sealed);
        });
    }
    auto count = co_await seal_anew(app);
    if (count == 0 && !app.settings.jwt_key_secret_previous.empty()) {
        log::warning(
            "JWT_KEY_SECRET_PREVIOUS is not needed any more: all keys are encrypted under JWT_KEY_SECRET. "
            "Remove it once every replica of auth has the new secret");
    }
    co_await load_keys(app);
}

Task<std::optional<Instant>> load_keys(App& app) {
    auto stored = co_await stored_keys(app);
    app.keys.load(stored.signing, stored.device);
    co_return std::nullopt;
}

Task<std::optional<Instant>> rotate_keys(App& app) {
    auto now = app.clock.now();
    auto rotation_period = std::chrono::days{std::max<std::int64_t>(app.settings.key_rotation_days, 1)};
    auto stored = co_await stored_keys(app);
    const auto& keys = stored.signing;
    if (!keys.empty() && now + activation_delay >= keys.back().active_at + rotation_period) {
        co_await add_key(app, stored.last_number + 1, now + activation_delay);
        log::info("created the next signing key", {{"active_at", (now + activation_delay).to_text()}});
    }
    co_await app.db.write([&](sql::Tx& tx) { store::retire_superseded(tx, overlap, *app.sessions); });
    co_await seal_anew(app);
    co_return co_await load_keys(app);
}

}  // namespace stagedoor::auth::workers
