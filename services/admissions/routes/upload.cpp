// POST /api/admissions/scanner/uploads
//
// Records what a scanner has decided itself, once for each nonce.
//   200  for each scan: recorded, a duplicate with the other admission, or stale
//   400  no scans, more than 300, or an invalid one
//   401  no token. What was decided before the door was revoked or has expired still counts
//   409  another scanner has used one of the nonces; nothing is recorded
#include <algorithm>

#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/scans.hpp"
#include "services/admissions/store/shards.hpp"

namespace stagedoor::admissions::routes {

Task<http::Ok<RecordedUpload>> upload(App& app, Scanner scanner, http::Body<Upload> request) {
    ScannerFacts facts;
    auto id = co_await app.scanner_of(scanner.token, facts);
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < request->scans.size(); ++i) ids.push_back(app.new_id());
    auto recorded = co_await app.db.write(
        [&](sql::Tx& tx) {
            return store::record(tx, store::require_known_scanner(tx, id), request->scans.value, ids);
        },
        {.traceparent = request.key.traceparent, .hot_rows = store::hot_rows_of_all(facts.ticket)});
    auto count = [&](UploadResult result) {
        return static_cast<double>(std::ranges::count(recorded.results, result, &RecordedScan::result));
    };
    app.admitted.add(count(UploadResult::recorded));
    app.duplicates.add(count(UploadResult::duplicate));
    co_return http::Ok<RecordedUpload>{std::move(recorded), for_scanner_only()};
}

}  // namespace stagedoor::admissions::routes
