// POST /api/admissions/scanner/scans
//
// Decides a scan, once for each nonce, with or without a connection to the shop.
//   200  admitted, checked out, undone, or refused with the reason
//   400  no nonce, code, serial, action or time
//   401  no token
//   409  another scan has this nonce
//   503  the gate has released the event
//
// To undo what the shop knows already, and to look up a serial that was typed, the gate needs the shop: it is
// refused as needsShop if that can't be reached, and may be sent again.
#include "apps/gate/routes/routes.hpp"
#include "apps/gate/shop.hpp"
#include "common/http/status.hpp"
#include "common/runtime/log.hpp"
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

admissions::Scan refused(const admissions::NewScan& request, Reason reason) {
    return {.nonce = request.nonce.value,
            .result = ScanResult::refused,
            .reason = reason,
            .serial = request.serial};
}

Task<Shop> shop_at_the_door(App& app) {
    auto row = co_await app.db.read([](sql::Tx& tx) { return store::shop(tx); });
    co_return Shop{app, row.value().token, at_the_door};
}

Task<admissions::Scan> undo(App& app, const admissions::NewScan& request, const store::ScannerRow& scanner) {
    if (scanner.role != admissions::Role::supervisor) co_return refused(request, Reason::not_allowed);
    auto begun = co_await app.db.write([&](sql::Tx& tx) {
        return store::begin_undo(tx, scanner, request.nonce.value, request.undoes->value, request.at);
    });
    if (auto* response = std::get_if<admissions::Scan>(&begun)) co_return std::move(*response);
    try {
        auto shop = co_await shop_at_the_door(app);
        auto response = co_await finish_undo(app, shop, std::get<store::UndoAtShop>(std::move(begun)));
        response.nonce = request.nonce.value;
        co_return response;
    } catch (const ShopRefused& refusal) {
        log::warning("the shop can't undo an admission now", {{"response", refusal.what()}});
    } catch (const outbound::NoResponse&) {
    }
    co_return refused(request, Reason::needs_shop);
}

// A typed serial: the shop knows whether there is such a ticket, and of which generation. The gate decides.
Task<admissions::Scan> scan_serial(App& app, const admissions::NewScan& request,
                                   const store::ScannerRow& scanner, const admissions::Pack& pack) {
    if (scanner.role != admissions::Role::supervisor) co_return refused(request, Reason::not_allowed);
    auto known = co_await app.db.read(
        [&](sql::Tx& tx) { return store::find_response(tx, scanner, request.nonce.value); });
    if (known) co_return std::move(*known);
    store::ScanToDecide scan{.nonce = request.nonce.value,
                             .action = request.action,
                             .scanned_at = request.at,
                             .refusal = {},
                             .serial = *request.serial};
    try {
        auto shop = co_await shop_at_the_door(app);
        auto pass = co_await shop.find_pass(scan.serial);
        scan.generation = pass.generation;
        if (pass.status != admissions::Validity::valid) scan.refusal = Reason::revoked;
    } catch (const ShopRefused& refusal) {
        if (refusal.status != http::status_of(ErrorKind::not_found))
            co_return refused(request, Reason::needs_shop);
        scan.refusal = Reason::invalid;
    } catch (const outbound::NoResponse&) {
        co_return refused(request, Reason::needs_shop);
    }
    co_return co_await app.db.write([&](sql::Tx& tx) { return store::decide(tx, scanner, pack, scan); });
}

}  // namespace

Task<http::Ok<admissions::Scan>> scan(App& app, admissions::Scanner token,
                                      http::Body<admissions::NewScan> request) {
    auto scanner = co_await scanner_of(app, std::move(token));
    auto pack = require_pack(app);
    if (app.settings.release) throw Unavailable("This gate has released the event: the shop decides"_text);
    admissions::Scan response;
    if (request->undoes) {
        response = co_await undo(app, *request, scanner);
    } else if (request->serial) {
        response = co_await scan_serial(app, *request, scanner, *pack);
    } else {
        auto scan = read_scan(*request, *pack, app.clock.now());
        response =
            co_await app.db.write([&](sql::Tx& tx) { return store::decide(tx, scanner, *pack, scan); });
    }
    if (response.result != ScanResult::refused) app.shop_loop.wake();
    co_return http::Ok<admissions::Scan>{std::move(response), admissions::for_scanner_only()};
}

}  // namespace stagedoor::gate::routes
