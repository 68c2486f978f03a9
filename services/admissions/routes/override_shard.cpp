// POST /api/admissions/scanner/override
//
// Takes a shard from a scanner that does not respond. It may go on admitting, so the shard is lenient from
// now on: its passes can be admitted twice, which is found when that scanner uploads.
//   200  the shard
//   400  invalid shard
//   401  no token, or its door is revoked or has expired
//   403  not a supervisor
//   409  the server owns it already
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/shards.hpp"

namespace stagedoor::admissions::routes {

Task<http::Ok<ShardView>> override_shard(App& app, Scanner scanner, http::Body<OverriddenShard> request) {
    ScannerFacts facts;
    auto id = co_await app.scanner_of(scanner.token, facts);
    std::int64_t number = request->shard;
    auto entry = app.audit_entry("scanner " + id.text, "override-shard",
                                 "shard " + std::to_string(number) + " of ticket " + facts.ticket.text);
    auto row = co_await app.db.write(
        [&](sql::Tx& tx) {
            if (store::require_scanner(tx, id).role != Role::supervisor)
                throw Forbidden("Only a supervisor can do this"_text);
            (void)store::lock_shard(tx, facts.ticket, number);
            if (!store::override_shard(tx, facts.ticket, number))
                throw Conflict("No scanner has this shard"_text);
            app.audit.record(tx, entry);
            return store::lock_shard(tx, facts.ticket, number);
        },
        {.traceparent = request.key.traceparent, .hot_rows = {store::hot_row(facts.ticket, number)}});
    co_return http::Ok<ShardView>{{row.shard, row.epoch, row.owner, row.lenient}, for_scanner_only()};
}

}  // namespace stagedoor::admissions::routes
