#include "apps/gate/shop.hpp"
#include "apps/gate/workers/workers.hpp"
#include "common/http/status.hpp"
#include "common/runtime/log.hpp"
#include "common/security/link.hpp"

namespace stagedoor::gate::workers {
namespace {

struct WrongLink : std::runtime_error {
    using std::runtime_error::runtime_error;
};

constexpr std::chrono::seconds interval{3};
constexpr std::chrono::seconds retry_delay{1};
// The seller may have changed the rules.
constexpr std::chrono::minutes max_pack_age{1};

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

// Whose outcome got lost: the shop says the same again.
Task<> finish_undos(App& app, Shop& shop) {
    auto open = co_await app.db.read([](sql::Tx& tx) { return store::open_undos(tx); });
    for (auto& undo : open) {
        try {
            (void)co_await finish_undo(app, shop, std::move(undo));
        } catch (const ShopRefused& refusal) {  // the next time; all else must go on
            log::warning("the shop can't undo an admission now", {{"response", refusal.what()}});
        }
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
    auto owned = co_await app.db.write([](sql::Tx& tx) { return store::begin_release(tx); });
    co_await upload_all(app, shop);
    if (owned.empty()) co_return;
    co_await shop.release(owned);
    co_await app.db.write([](sql::Tx& tx) { store::end_release(tx); });
    log::info("the event is released", {{"event", app.settings.event}});
}

// What this gate is at the shop, by the link that it has now. Stored before it is checked: a wrong link must
// not use up the scanners of its door.
Task<store::ShopRow> joined_shop(App& app) {
    auto link = security::hash_of_token(app.settings.link);
    auto row = co_await app.db.read([](sql::Tx& tx) { return store::shop(tx); });
    if (row && row->link != link) {
        Shop before{app, row->token};
        co_await release_all(app, before);
        row.reset();
    }
    if (!row) {
        auto scanner = co_await join(app);
        row = co_await app.db.write([&](sql::Tx& tx) {
            store::join_shop(tx, scanner, link);
            return store::shop(tx);
        });
        log::info("the gate has joined the shop",
                  {{"event", scanner.ticket_id.text}, {"number", scanner.number}});
    }
    if (row->ticket_id.text != app.settings.event)
        throw WrongLink("GATE_LINK is for another event than --event: " + row->ticket_id.text);
    if (row->role != admissions::Role::supervisor)
        throw WrongLink("GATE_LINK is that of a steward's door; a gate needs a supervisor's");
    co_return std::move(*row);
}

Task<> follow(App& app) {
    auto row = co_await joined_shop(app);
    Shop shop{app, row.token};
    co_await finish_undos(app, shop);
    if (app.settings.release) {
        co_await release_all(app, shop);
        co_return;
    }
    co_await upload_all(app, shop);
    if (!app.fetched_at || *app.fetched_at + max_pack_age < app.clock.now()) co_await fetch_pack(app, shop);
    co_await claim_shards(app, shop);
    co_await learn_revoked(app, shop);
}

}  // namespace

Task<std::optional<Instant>> follow_shop(App& app) {
    auto is_connected = true;
    try {
        co_await follow(app);
    } catch (const outbound::NoResponse& error) {
        is_connected = false;
        if (app.was_connected)
            log::warning("no connection to the shop; the gate goes on", {{"error", error.what()}});
    } catch (const WrongLink& wrong) {
        log::error("this gate can't work", {{"error", wrong.what()}});
        co_return app.clock.now() + std::chrono::hours{1};
    } catch (const ShopRefused& refusal) {
        if (refusal.status != http::status_of(ErrorKind::unavailable)) throw;
        log::info("the shop isn't ready yet", {{"response", refusal.what()}});
        co_return app.clock.now() + retry_delay;
    }
    if (is_connected && !app.was_connected) log::info("connected to the shop", {});
    app.was_connected = is_connected;
    co_return app.clock.now() + interval;
}

}  // namespace stagedoor::gate::workers
