// POST /api/admissions/scanner/uploads
//
// What phones of a lenient event decided while they didn't reach the gate.
//   200  what became of each scan, once for each nonce: recorded, or a duplicate
//   400  no scans, or more than 300
//   401  no token
//   409  another scanner has used one of the nonces; nothing is recorded
//
// POST /api/admissions/scanner/shards
//   409  the gate keeps all shards: it is the server at the venue
#include "apps/gate/routes/routes.hpp"

namespace stagedoor::gate::routes {

Task<http::Ok<admissions::RecordedUpload>> upload(App& app, admissions::Scanner token,
                                                  http::Body<admissions::Upload> request) {
    auto scanner = co_await scanner_of(app, std::move(token));
    auto pack = require_pack(app);
    auto recorded = co_await app.db.write([&](sql::Tx& tx) {
        admissions::RecordedUpload upload;
        for (const auto& scan : request->scans.value)
            upload.results.push_back(store::record(tx, scanner, *pack, scan));
        return upload;
    });
    app.shop_loop.wake();
    co_return http::Ok<admissions::RecordedUpload>{std::move(recorded), admissions::for_scanner_only()};
}

Task<http::Ok<admissions::Shards>> change_shards(App& app, admissions::Scanner token,
                                                 http::Body<admissions::ShardRequest>) {
    (void)co_await scanner_of(app, std::move(token));
    throw Conflict("A gate keeps all shards: it is the server at the venue"_text);
}

}  // namespace stagedoor::gate::routes
