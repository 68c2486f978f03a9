#include "common/runtime/log.hpp"
#include "services/admissions/workers/workers.hpp"

namespace stagedoor::admissions::workers {
namespace {

constexpr std::int64_t max_keys = 200;  // a transaction, so that no scan waits long behind them

}  // namespace

Task<std::optional<Instant>> seal_keys_anew(App& app) {
    if (!app.keys.has_previous_secret()) co_return std::nullopt;
    store::StoredKey last;
    std::int64_t count = 0, unreadable = 0;
    while (!app.sealing.stop_requested()) {
        auto keys = co_await app.db.read([&](sql::Tx& tx) { return store::keys_after(tx, last, max_keys); });
        std::vector<std::pair<store::StoredKey, std::string>> changed;
        for (const auto& key : keys) {
            try {
                if (auto sealed = app.keys.sealed_anew(key, app.random))
                    changed.emplace_back(key, std::move(*sealed));
            } catch (const std::runtime_error&) {
                ++unreadable;
            }
        }
        if (!changed.empty()) {
            co_await app.db.write([&](sql::Tx& tx) {
                for (const auto& [key, sealed] : changed) store::store_sealed_anew(tx, key, sealed);
            });
        }
        count += std::ssize(changed);
        if (std::ssize(keys) == max_keys) {
            last = keys.back();
            continue;
        }
        if (unreadable > 0)
            log::error("neither secret opens some keys of listings", {{"count", unreadable}});
        else
            log::info("all keys of listings are encrypted under the new secret", {{"anew", count}});
        break;
    }
    co_return std::nullopt;
}

}  // namespace stagedoor::admissions::workers
