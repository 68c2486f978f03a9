// POST /api/admissions/scanners
//
// A phone joins by one of the links that the gate shows at its start.
//   201  the scanner, with its number and its token
//   400  no token
//   401  the link is not one of this gate
//   503  the gate has never reached the shop
//
// GET /api/admissions/scanner/pack
//   200  the shop's door pack. For its scanners the gate is the server, and owns all shards
//
// GET /api/admissions/scanner/status
//   200  counts
#include "apps/gate/routes/routes.hpp"

namespace stagedoor::gate::routes {

std::shared_ptr<const admissions::Pack> require_pack(App& app) {
    auto pack = app.pack();
    if (!pack) throw Unavailable("This gate has not reached the shop yet"_text);
    return pack;
}

Task<store::ScannerRow> scanner_of(App& app, admissions::Scanner scanner) {
    auto id = app.tokens.id_of(admissions::TokenKind::scanner, scanner.token);
    if (!id) throw NotSignedIn("Open one of this gate's links first"_text);
    auto row = co_await app.db.read([&](sql::Tx& tx) { return store::find_scanner(tx, ScannerId{*id}); });
    if (!row) throw NotSignedIn("Open one of this gate's links first"_text);
    co_return std::move(*row);
}

Task<http::Created<admissions::CreatedScanner>> add_scanner(App& app,
                                                            http::Body<admissions::NewScanner> request) {
    auto door = app.tokens.id_of(admissions::TokenKind::door, request->token.value);
    auto role = door ? json::from_text<admissions::Role>(*door) : std::nullopt;
    if (!role) throw NotSignedIn("This link is not one of this gate"_text);
    auto pack = require_pack(app);
    ScannerId id{app.new_id()};
    auto row = co_await app.db.write([&](sql::Tx& tx) { return store::add_scanner(tx, id, *role); });
    co_return http::Created<admissions::CreatedScanner>{
        {.id = id,
         .token = app.tokens.make(admissions::TokenKind::scanner, id.text),
         .number = row.number,
         .door = {DoorId{*door}, row.name, *role},
         .ticket_id = pack->ticket_id},
        admissions::for_scanner_only()};
}

Task<http::Ok<admissions::Pack>> show_pack(App& app, admissions::Scanner scanner) {
    (void)co_await scanner_of(app, std::move(scanner));
    auto pack = *require_pack(app);
    for (auto& shard : pack.shards) shard.owner.reset();
    pack.doors.clear();
    pack.gate = true;
    pack.now = app.clock.now();
    co_return http::Ok<admissions::Pack>{std::move(pack), admissions::for_scanner_only()};
}

Task<http::Ok<admissions::ScannerStatus>> show_status(App& app, admissions::Scanner scanner) {
    (void)co_await scanner_of(app, std::move(scanner));
    auto pack = require_pack(app);
    auto counts = co_await app.db.read([](sql::Tx& tx) { return store::counts(tx); });
    admissions::ScannerStatus status{.counts = {}, .revoked_version = pack->revoked_version};
    status.counts.admitted = counts.admitted;
    status.counts.inside = counts.inside;
    co_return http::Ok<admissions::ScannerStatus>{std::move(status), admissions::for_scanner_only()};
}

}  // namespace stagedoor::gate::routes
