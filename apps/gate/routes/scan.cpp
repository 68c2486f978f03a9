// POST /api/admissions/scanner/scans
//
// Decides a scan, once for each nonce, with or without a connection to the shop.
//   200  admitted, checked out, undone, or refused with the reason
//   400  no nonce, code, serial, action or time
//   401  no token
//   409  another scan has this nonce
//   503  to undo what the shop knows already, it has to be reached; or the gate has released the event
#include "apps/gate/routes/routes.hpp"
#include "apps/gate/shop.hpp"
#include "services/admissions/door_pack.hpp"

namespace stagedoor::gate::routes {
namespace {

namespace code = admissions::code;
using admissions::Reason;
using admissions::ScanResult;

store::ScanToDecide read_scan(const admissions::NewScan& request, const admissions::Pack& pack, Instant now) {
    store::ScanToDecide scan{.nonce = request.nonce.value,
                             .action = request.action,
                             .scanned_at = request.at,
                             .refusal = {},
                             .serial = {}};
    if (request.serial) {  // whether such a ticket exists, only the shop knows
        scan.refusal = Reason::not_allowed;
        return scan;
    }
    auto code = code::parse(*request.code);
    if (!code) {
        scan.refusal = Reason::invalid;
        return scan;
    }
    scan.refusal = admissions::problem_with(*code, pack, now);
    if (scan.refusal && scan.refusal != Reason::expired_code) return scan;
    scan.serial = code::to_hex(code->serial);
    scan.generation = code->generation;
    return scan;
}

Task<admissions::Scan> undo(App& app, const admissions::NewScan& request, admissions::Role role) {
    admissions::Scan response{.nonce = request.nonce.value, .result = ScanResult::undone, .reason = {}};
    auto refused = [&](Reason reason) {
        response.result = ScanResult::refused;
        response.reason = reason;
        return response;
    };
    if (role != admissions::Role::supervisor) co_return refused(Reason::not_allowed);
    auto undone = request.undoes->value;
    auto scan = co_await app.db.read([&](sql::Tx& tx) { return store::find_undoable(tx, undone); });
    if (!scan) co_return refused(Reason::not_inside);
    if (scan->shop_may_know) {
        auto row = co_await app.db.read([](sql::Tx& tx) { return store::shop(tx); });
        try {
            Shop shop{app, row.value().token};
            auto at_shop = co_await shop.undo(request.nonce.value, undone);
            if (at_shop.result != ScanResult::undone)
                co_return refused(at_shop.reason.value_or(Reason::not_inside));
        } catch (const ShopRefused& refusal) {
            throw Unavailable("The shop can't undo it now: {reason}"_text.with("reason", refusal.what()));
        } catch (const outbound::NoResponse&) {
            throw Unavailable(
                "The shop knows this admission already: undo it when the gate has a connection"_text);
        }
    }
    if (!co_await app.db.write([&](sql::Tx& tx) { return store::undo(tx, *scan); }))
        throw Unavailable("This admission has just changed; try again"_text);
    response.serial = scan->serial;
    co_return response;
}

}  // namespace

Task<http::Ok<admissions::Scan>> scan(App& app, admissions::Scanner token,
                                      http::Body<admissions::NewScan> request) {
    auto scanner = co_await scanner_of(app, std::move(token));
    auto pack = require_pack(app);
    if (app.settings.release) throw Unavailable("This gate has released the event: the shop decides"_text);
    if (request->undoes)
        co_return http::Ok<admissions::Scan>{co_await undo(app, *request, scanner.role),
                                             admissions::for_scanner_only()};
    auto scan = read_scan(*request, *pack, app.clock.now());
    auto response =
        co_await app.db.write([&](sql::Tx& tx) { return store::decide(tx, scanner, *pack, scan); });
    if (response.result != ScanResult::refused) app.shop_loop.wake();
    co_return http::Ok<admissions::Scan>{std::move(response), admissions::for_scanner_only()};
}

}  // namespace stagedoor::gate::routes
