#include "apps/gate/shop.hpp"
#include "apps/gate/workers/workers.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::gate::workers {
namespace {

constexpr std::chrono::seconds interval{3};
// The seller may have changed the rules.
constexpr std::chrono::minutes max_pack_age{1};

Task<Shop> joined_shop(App& app) {
    auto row = co_await app.db.read([](sql::Tx& tx) { return store::shop(tx); });
    if (row) co_return Shop{app, row->token};
    auto scanner = co_await join(app);
    if (scanner.ticket_id.text != app.settings.event)
        throw ShopRefused(0, "the link is for another event than --event: " + scanner.ticket_id.text);
    if (scanner.door.role != admissions::Role::supervisor)
        throw ShopRefused(0, "the link is for stewards; a gate needs one for a supervisor");
    co_await app.db.write([&](sql::Tx& tx) { store::join_shop(tx, scanner); });
    log::info("the gate has joined the shop",
              {{"event", scanner.ticket_id.text}, {"number", scanner.number}});
    co_return Shop{app, scanner.token};
}

Task<> upload_all(App& app, Shop& shop) {
    for (;;) {
        auto scans = co_await app.db.write([](sql::Tx& tx) { return store::next_uploads(tx); });
        if (scans.empty()) co_return;
        auto is_sent = true;
        try {
            co_await shop.upload(scans);
        } catch (const outbound::NotSent&) {
            is_sent = false;
        }
        co_await app.db.write([&](sql::Tx& tx) { store::end_upload(tx, scans, is_sent); });
        if (!is_sent) throw outbound::NotSent("no connection to the shop");
    }
}

Task<> fetch_pack(App& app, Shop& shop) {
    auto pack = co_await shop.pack();
    co_await app.db.write([&](sql::Tx& tx) { store::set_pack(tx, pack); });
    app.set_pack(std::move(pack));
    app.fetched_at = app.clock.now();
}

// The shards of others stay theirs until they release them: asking for them says that they are wanted. The
// gate admits their tickets only once it knows everybody who has come in, and all that was revoked before.
Task<> claim_shards(App& app, Shop& shop) {
    if (app.pack()->rules.mode == admissions::Mode::lenient) co_return;
    auto owned = co_await app.db.read([](sql::Tx& tx) { return store::owned_shards(tx); });
    std::vector<std::int64_t> missing;
    for (const auto& shard : app.pack()->shards) {
        auto is_owned = std::ranges::find(owned, shard.shard, &store::OwnedShard::shard) != owned.end();
        if (!is_owned && !shard.lenient) missing.push_back(shard.shard);
    }
    if (missing.empty()) co_return;
    auto response = co_await shop.claim(missing);
    if (response.revoked_version > app.pack()->revoked_version) co_await fetch_pack(app, shop);
    if (response.revoked_version > app.pack()->revoked_version) co_return;  // once more, later
    co_await app.db.write([&](sql::Tx& tx) {
        for (const auto& claimed : response.claimed) store::own_shard(tx, claimed);
    });
}

// Whom the gate has admitted before, the shop learns first.
Task<> learn_revoked(App& app, Shop& shop) {
    auto status = co_await shop.status();
    if (!status.revoking.empty()) {
        co_await app.db.write([&](sql::Tx& tx) {
            for (const auto& [serial, generation] : status.revoking) store::revoke(tx, serial, generation);
        });
        co_await upload_all(app, shop);
        co_await shop.acknowledge_revoked(status.revoked_version);
    }
    if (status.revoked_version > app.pack()->revoked_version) co_await fetch_pack(app, shop);
}

Task<> release_all(App& app, Shop& shop) {
    co_await app.db.write([](sql::Tx& tx) { store::disown_shards(tx); });
    co_await upload_all(app, shop);
    co_await fetch_pack(app, shop);
    auto self = co_await app.db.read([](sql::Tx& tx) { return store::shop(tx)->scanner_id; });
    std::vector<store::OwnedShard> owned;
    for (const auto& shard : app.pack()->shards) {
        if (shard.owner == self) owned.push_back({shard.shard, shard.epoch});
    }
    if (owned.empty()) co_return;
    co_await shop.release(owned);
    log::info("the shop decides again", {{"event", app.settings.event}});
}

}  // namespace

Task<std::optional<Instant>> follow_shop(App& app) {
    auto shop = co_await joined_shop(app);
    if (app.settings.release) {
        co_await release_all(app, shop);
        co_return std::nullopt;
    }
    co_await upload_all(app, shop);
    if (!app.fetched_at || *app.fetched_at + max_pack_age < app.clock.now()) co_await fetch_pack(app, shop);
    co_await claim_shards(app, shop);
    co_await learn_revoked(app, shop);
    co_return app.clock.now() + interval;
}

}  // namespace stagedoor::gate::workers
