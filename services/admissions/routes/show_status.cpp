// GET /api/admissions/scanner/status
//
//   200  how many have arrived, and what the scanner should know: revoked passes, shards that others want
//   401  no token, or its door is revoked or has expired
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/shards.hpp"

namespace stagedoor::admissions::routes {

Task<http::Ok<ScannerStatus>> show_status(App& app, Scanner scanner) {
    ScannerFacts facts;
    auto id = co_await app.scanner_of(scanner.token, facts);
    auto status = co_await app.db.read([&](sql::Tx& tx) {
        ScannerStatus found{.counts = {},
                            .revoked_version = store::require_scanner(tx, id).revoked_version,
                            .requested = store::wanted_shards(tx, id),
                            .revoking = {}};
        for (const auto& [serial, generation] : store::revoking_passes(tx, facts.ticket, id)) {
            found.revoking.emplace_back(
                json::Array{json::Value{serial}, json::Value{json::Number{std::to_string(generation)}}});
        }
        return found;
    });
    status.counts = co_await app.recent_counts(facts.ticket);
    co_return http::Ok<ScannerStatus>{std::move(status), for_scanner_only()};
}

}  // namespace stagedoor::admissions::routes
