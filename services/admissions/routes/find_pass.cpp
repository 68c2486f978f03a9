// GET /api/admissions/scanner/passes/:serial
//
// What a gate needs to decide about a serial that was typed there: its own entries say the rest.
//   200  the pass's present generation, and whether it is valid
//   401  no token, or its door is revoked or has expired
//   403  not a supervisor
//   404  the listing has no such pass
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/passes.hpp"

namespace stagedoor::admissions::routes {

Task<http::Ok<FoundPass>> find_pass(App& app, Scanner scanner, http::Path<PassSerial> serial) {
    ScannerFacts facts;
    auto id = co_await app.scanner_of(scanner.token, facts);
    auto pass = co_await app.db.read([&](sql::Tx& tx) {
        if (store::require_scanner(tx, id).role != Role::supervisor)
            throw Forbidden("Only a supervisor can do this"_text);
        return store::find_by_serial(tx, facts.ticket, *serial);
    });
    if (!pass) throw NotFound("No such ticket"_text);
    co_return http::Ok<FoundPass>{std::move(*pass), for_scanner_only()};
}

}  // namespace stagedoor::admissions::routes
