// POST /api/admissions/scanner/shards
//
// Takes shards from the server, gives them back, and acknowledges revoked passes. A scanner does the last two
// when it has uploaded all of its scans.
//   200  the shards and, of those claimed that it owns now, who has been admitted so far
//   400  invalid shards
//   401  no token; for a claim also if its door is revoked or has expired
//   409  a claim in lenient mode, where every scanner may admit
//   503  a claim before orders has closed returns: in a moment. The first time, publishes doors.opened
#include <algorithm>

#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/shards.hpp"

namespace stagedoor::admissions::routes {
namespace {

constexpr std::chrono::seconds retry_delay{1};

// The shards that are claimed: those named, or as many of the server's as are a fair share.
std::vector<std::int64_t> shards_to_claim(sql::Tx& tx, const store::ScannerRow& scanner,
                                          const std::vector<store::ShardRow>& shards,
                                          const json::List<json::Whole<0, 63>, 0, 64>& claim) {
    std::vector<std::int64_t> wanted;
    for (const auto& shard : claim) wanted.push_back(shard.value);
    if (!wanted.empty()) return wanted;
    auto scanners = std::max<std::int64_t>(1, store::count_active_scanners(tx, scanner.ticket_id));
    auto share = std::max<std::int64_t>(1, code::shard_count / scanners);
    for (const auto& shard : shards) {
        if (shard.owner == scanner.id) wanted.push_back(shard.shard);
    }
    for (const auto& shard : shards) {
        if (static_cast<std::int64_t>(wanted.size()) >= share) break;
        if (!shard.owner && !shard.lenient) wanted.push_back(shard.shard);
    }
    return wanted;
}

ClaimedShard describe(sql::Tx& tx, const TicketId& ticket, std::int64_t shard) {
    std::string inside, used;
    for (const auto& [serial, is_inside] : store::admitted_in(tx, ticket, shard))
        append_serial(is_inside ? inside : used, serial);
    return {
        .shard = shard, .epoch = 0, .inside = security::base64url(inside), .used = security::base64url(used)};
}

struct Outcome {
    Shards shards;
    bool must_wait = false;  // for returns to be closed
};

Outcome change(sql::Tx& tx, const ScannerId& id, const ShardRequest& request) {
    auto scanner = request.claim ? store::require_scanner(tx, id) : store::require_known_scanner(tx, id);
    const auto& ticket = scanner.ticket_id;
    auto shards = store::lock_all_shards(tx, ticket);
    if (request.acknowledge_revoked) store::acknowledge_revoked(tx, ticket, id, *request.acknowledge_revoked);
    if (request.release) {
        for (const auto& [shard, epoch] : *request.release)
            store::release_shard(tx, ticket, shard, epoch, id);
        shards = store::shards_of(tx, ticket);
    }
    Outcome outcome;
    if (request.claim) {
        if (scanner.mode == Mode::lenient)
            throw Conflict("Every door may admit: there is nothing to claim"_text);
        if (!scanner.doors_opened_at) store::open_doors(tx, ticket);
        outcome.must_wait = !scanner.returns_closed_at;
    }
    if (request.claim && !outcome.must_wait) {
        for (auto shard : shards_to_claim(tx, scanner, shards, *request.claim)) {
            if (store::claim_shard(tx, ticket, shards.at(static_cast<std::size_t>(shard)), id))
                outcome.shards.claimed.push_back(describe(tx, ticket, shard));
        }
    }
    for (const auto& row : store::shards_of(tx, ticket))
        outcome.shards.shards.push_back(
            {row.shard, row.epoch, row.owner, row.lenient || scanner.mode == Mode::lenient});
    for (auto& each : outcome.shards.claimed)
        each.epoch = outcome.shards.shards.at(static_cast<std::size_t>(each.shard)).epoch;
    outcome.shards.revoked_version = store::find_listing(tx, ticket)->revoked_version;
    outcome.shards.requested = store::wanted_shards(tx, id);
    return outcome;
}

}  // namespace

Task<http::Ok<Shards>> change_shards(App& app, Scanner scanner, http::Body<ShardRequest> request) {
    ScannerFacts facts;
    auto id = co_await app.scanner_of(scanner.token, facts);
    auto outcome = co_await app.db.write(
        [&](sql::Tx& tx) { return change(tx, id, *request); },
        {.traceparent = request.key.traceparent, .hot_rows = store::hot_rows_of_all(facts.ticket)});
    if (outcome.must_wait)
        throw Unavailable("The doors are being opened; try again in a moment"_text, retry_delay);
    co_return http::Ok<Shards>{std::move(outcome.shards), for_scanner_only()};
}

}  // namespace stagedoor::admissions::routes
