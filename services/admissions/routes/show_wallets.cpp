// GET /api/admissions/passes/:id/apple-wallet
//
//   200  the ticket as a file for Apple Wallet
//   401  not signed in
//   403  somebody else holds it
//   404  no such pass, or no wallet of this kind here
//   409  it is revoked, or its code changes every few seconds: a wallet shows a fixed one
//
// GET /api/admissions/passes/:id/google-wallet
//
//   200  a link that stores the ticket in Google Wallet; otherwise as above
#include "services/admissions/code/ticket_code.hpp"
#include "services/admissions/routes/routes.hpp"

namespace stagedoor::admissions::routes {
namespace {

Task<wallet::Ticket> ticket_for_wallet(App& app, const PassId& id, const UserId& holder) {
    auto row = co_await app.db.read([&](sql::Tx& tx) { return require_held(tx, id, holder); });
    if (to_response(row).status == PassStatus::revoked) throw Conflict("This ticket is no longer valid"_text);
    if (row.rotating) throw Conflict("The code of this ticket changes: only its page can show it"_text);
    auto keys = co_await app.keys.find_or_make(app.db, row.ticket_id, app.clock.now(), app.random);
    co_return wallet::Ticket{.pass = row.id,
                             .listing = row.ticket_id,
                             .generation = row.generation,
                             .number = row.number,
                             .serial = row.serial,
                             .code = code_of(row, keys->back()),
                             .title = row.title,
                             .starts_at = row.starts_at,
                             .venue = row.venue,
                             .city = row.city,
                             .seats = row.seats};
}

}  // namespace

Task<http::Response> show_apple_wallet(App& app, http::SignedIn holder, http::Path<PassId> id) {
    if (!app.apple_wallet) throw NotFound("This shop has no tickets for Apple Wallet"_text);
    auto ticket = co_await ticket_for_wallet(app, *id, holder.id);
    http::Response response{
        .status = http::ok, .headers = {}, .body = app.apple_wallet->file_for(ticket, app.clock.now())};
    response.headers.add("Content-Type", "application/vnd.apple.pkpass");
    response.headers.add("Content-Disposition", "attachment; filename=\"ticket.pkpass\"");
    response.headers.add("Cache-Control", "private, no-store");
    co_return response;
}

Task<http::Ok<WalletLink>> show_google_wallet(App& app, http::SignedIn holder, http::Path<PassId> id) {
    if (!app.google_wallet) throw NotFound("This shop has no tickets for Google Wallet"_text);
    auto ticket = co_await ticket_for_wallet(app, *id, holder.id);
    co_return http::Ok{WalletLink{app.google_wallet->link_for(ticket, app.clock.now())}};
}

}  // namespace stagedoor::admissions::routes
