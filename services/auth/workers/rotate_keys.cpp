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

Task<> load_keys(App& app) {
    app.keys.load(co_await app.db.read([](sql::Tx& tx) { return store::keys(tx); }));
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
    auto rows = co_await app.db.read([](sql::Tx& tx) { return store::keys(tx); });
    if (rows.empty()) co_await add_key(app, 1, app.clock.now());
    co_await load_keys(app);
}

Task<std::optional<Instant>> rotate_keys(App& app) {
    auto now = app.clock.now();
    auto rotation_period = std::chrono::days{std::max<std::int64_t>(app.settings.key_rotation_days, 1)};
    auto rows = co_await app.db.read([](sql::Tx& tx) { return store::keys(tx); });
    if (!rows.empty() && now + activation_delay >= rows.back().active_at + rotation_period) {
        co_await add_key(app, rows.back().number + 1, now + activation_delay);
        log::info("created the next signing key", {{"active_at", (now + activation_delay).to_text()}});
    }
    co_await app.db.write([&](sql::Tx& tx) { store::retire_superseded(tx, overlap, *app.sessions); });
    co_await load_keys(app);
    co_return std::nullopt;
}

}  // namespace stagedoor::auth::workers
