// GET /api/admissions/scanner/pack
//
//   200  all that the scanner needs to decide without a network
//   401  no token, or its door is revoked or has expired
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/passes.hpp"
#include "services/admissions/store/shards.hpp"

namespace stagedoor::admissions::routes {
namespace {

// Pairs of a serial (8 bytes) and a generation (2 bytes, the most significant first).
std::string to_pairs(const std::vector<store::DeadGeneration>& dead) {
    constexpr int bits = 8, low = 0xff;
    std::string bytes;
    for (const auto& [serial, generation] : dead) {
        append_serial(bytes, serial);
        bytes += static_cast<char>(generation >> bits);
        bytes += static_cast<char>(generation & low);
    }
    return security::base64url(bytes);
}

Pack make_pack(sql::Tx& tx, const ScannerId& id) {
    auto scanner = store::require_scanner(tx, id);
    auto listing = store::find_listing(tx, scanner.ticket_id).value();
    Pack pack{.ticket_id = listing.id,
              .title = listing.title.value_or(""),
              .starts_at = listing.starts_at,
              .time_zone = listing.time_zone,
              .venue = listing.venue,
              .tag = tag_of(listing.id),
              .keys = {},
              .door_key = {},
              .rules = {listing.reentry, listing.mode, listing.rotating},
              .shard_count = code::shard_count,
              .shards = {},
              .doors = store::scanners_of(tx, listing.id),
              .gate = {},
              .revoked = to_pairs(store::dead_generations(tx, listing.id)),
              .revoked_version = listing.revoked_version,
              .now = tx.now()};
    for (const auto& row : store::shards_of(tx, listing.id))
        pack.shards.push_back(
            {row.shard, row.epoch, row.owner, row.lenient || listing.mode == Mode::lenient});
    return pack;
}

}  // namespace

Task<http::Ok<Pack>> show_pack(App& app, Scanner scanner) {
    ScannerFacts facts;
    auto id = co_await app.scanner_of(scanner.token, facts);
    auto pack = co_await app.db.read([&](sql::Tx& tx) { return make_pack(tx, id); });
    auto keys = co_await app.keys.find_or_make(app.db, facts.ticket, app.clock.now(), app.random);
    pack.keys = public_keys(keys.get());
    if (pack.rules.rotating) pack.door_key = base64url_of(keys->back().door_key);
    co_return http::Ok<Pack>{std::move(pack), for_scanner_only()};
}

}  // namespace stagedoor::admissions::routes
