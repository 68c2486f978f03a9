// POST /api/admissions/scanner/scans
//
// Decides a scan, once for each nonce: a repeated one gets the same response.
//   200  admitted, checked out, undone, or refused with the reason. The first admission publishes
//        doors.opened
//   400  no nonce, code, serial, action or time
//   401  no token, or its door is revoked or has expired
//   409  another scan has this nonce
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/scans.hpp"
#include "services/admissions/store/shards.hpp"

namespace stagedoor::admissions::routes {
namespace {

void set_serial(store::NewScanRow& row, const code::Serial& serial) {
    row.serial = code::to_hex(serial);
    row.shard = code::shard_of(serial);
}

// The code is checked here, outside the transaction: that needs nothing that can change.
void read_code(store::NewScanRow& row, const std::string& text, const ListingKeys& keys, Instant now) {
    auto code = code::parse(text);
    if (!code || code->key_id > static_cast<int>(keys.size())) {
        row.refusal = Reason::invalid;
        return;
    }
    if (code->listing_tag != code::listing_tag(row.ticket.text)) {
        row.refusal = Reason::wrong_event;
        return;
    }
    const auto& key = keys[static_cast<std::size_t>(code->key_id) - 1];
    if (!code::verify(*code, row.ticket.text, key.signing.public_key)) {
        row.refusal = Reason::invalid;
        return;
    }
    set_serial(row, code->serial);
    row.generation = code->generation;
    row.is_rotated = code->rotation &&
                     code::is_current(*code->rotation,
                                      code::pass_secret(key.door_key, code->serial, code->generation), now);
}

}  // namespace

Task<http::Ok<Scan>> scan(App& app, Scanner scanner, http::Body<NewScan> request) {
    ScannerFacts facts;
    auto id = co_await app.scanner_of(scanner.token, facts);
    store::NewScanRow row{.scanner = id,
                          .ticket = facts.ticket,
                          .nonce = request->nonce,
                          .action = request->action,
                          .scanned_at = request->at,
                          .refusal = {},
                          .serial = {},
                          .undoes = {}};
    if (request->undoes) {
        row.undoes = request->undoes->value;
        // Which pass an earlier scan was of never changes.
        auto scanned = co_await app.db.read(
            [&](sql::Tx& tx) { return store::find_scanned(tx, row.ticket, row.undoes); });
        if (scanned) set_serial(row, code::serial_from_hex(scanned->serial).value());
    } else if (request->serial) {
        set_serial(row, code::serial_from_hex(*request->serial).value());
        row.is_typed = true;
    } else {
        auto now = app.clock.now();
        auto keys = co_await app.keys.find_or_make(app.db, row.ticket, now, app.random);
        read_code(row, *request->code, *keys, now);
    }
    std::vector<std::string> hot_rows;
    if (!row.serial.empty()) hot_rows.push_back(store::hot_row(row.ticket, row.shard));
    auto response = co_await app.db.write([&](sql::Tx& tx) { return store::scan(tx, row); },
                                          {.traceparent = request.key.traceparent, .hot_rows = hot_rows});
    if (response.result == ScanResult::admitted) app.admitted.add();
    if (response.result == ScanResult::refused) app.refused.add();
    co_return http::Ok<Scan>{std::move(response), for_scanner_only()};
}

}  // namespace stagedoor::admissions::routes
