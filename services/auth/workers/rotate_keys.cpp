#include <algorithm>

#include "common/runtime/log.hpp"
#include "services/auth/workers/workers.hpp"

namespace stagedoor::auth::workers {
namespace {

// Keys told at one look become known to this copy at the next: well before they are used.
constexpr std::chrono::minutes poll_interval{1};
// A key is told this long before it is used, so that every service knows it by then.
constexpr std::chrono::minutes told_before{10};
// When the last token of a key has run out: it was signed just before the successor became active, by a copy
// whose clock may be behind.
constexpr std::chrono::milliseconds overlap = security::token_lifetime + std::chrono::hours{1};

Task<> hold_keys(App& app) {
    app.keys.hold(co_await app.db.read([](sql::Tx& tx) { return store::keys(tx); }));
}

Task<> add_key(App& app, std::int64_t number, Instant active_at) {
    auto key = app.keys.make(number, app.clock.now(), active_at, app.random);
    co_await app.db.write([&](sql::Tx& tx) { store::add_key(tx, key, *app.sessions); });
}

Task<> rotate(App& app) {
    auto now = app.clock.now();
    auto used_for = std::chrono::days{std::max<std::int64_t>(app.settings.key_rotation_days, 1)};
    auto rows = co_await app.db.read([](sql::Tx& tx) { return store::keys(tx); });
    if (!rows.empty() && now + told_before >= rows.back().active_at + used_for) {
        co_await add_key(app, rows.back().number + 1, now + told_before);
        log::info("a new key signs sessions soon", {{"active_at", (now + told_before).to_text()}});
    }
    co_await app.db.write([&](sql::Tx& tx) { store::retire_superseded(tx, overlap, *app.sessions); });
    co_await hold_keys(app);
}

}  // namespace

Task<> prepare_keys(App& app) {
    if (app.settings.jwt_key_secret.empty()) {
        log::warning("JWT_KEY_SECRET is not set: the keys in auth's database are as good as unencrypted");
    }
    auto rows = co_await app.db.read([](sql::Tx& tx) { return store::keys(tx); });
    if (rows.empty()) co_await add_key(app, 1, app.clock.now());
    co_await hold_keys(app);
}

Task<> rotate_keys(App& app, StopSignal& stopping) {
    stopping.on_request([&app] { app.rotate_wake.notify(); });
    while (!stopping.requested()) {
        (void)co_await app.rotate_wake.wait_for(poll_interval);
        if (stopping.requested()) co_return;
        try {
            co_await rotate(app);
        } catch (const std::exception& error) {
            log::error("signing keys could not be looked after", {{"error", error.what()}});
        }
    }
}

}  // namespace stagedoor::auth::workers
