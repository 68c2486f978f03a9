// POST /api/admissions/transfers/show
//
// What whoever has the link is offered. Needs no session, and shows nobody's name.
//   200  the event, and whether it can be claimed
//   400  no token
//   404  no such offer
//   429  too many by this address
#include "common/http/network.hpp"
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/passes.hpp"
#include "services/admissions/store/transfers.hpp"

namespace stagedoor::admissions::routes {
namespace {

// Nobody guesses a token; this keeps the database quiet.
constexpr security::RateLimit shows_of_network{
    .name = "transfers shown by address", .max_attempts = 600, .window = std::chrono::hours{1}};

ShownTransfer find_shown(sql::Tx& tx, const TransferId& id) {
    auto transfer = store::find_transfer(tx, id);
    if (!transfer) throw NotFound("This link is not valid"_text);
    auto pass = store::find_pass(tx, transfer->pass_id).value();
    auto is_over = transfer->status == TransferStatus::open && pass.validity != Validity::valid;
    return {.id = id,
            .title = pass.title,
            .starts_at = pass.starts_at,
            .time_zone = pass.time_zone,
            .venue = pass.venue,
            .city = pass.city,
            .seats = pass.seats,
            .status = is_over ? TransferStatus::revoked : transfer->status};
}

}  // namespace

Task<http::Ok<ShownTransfer>> show_transfer(App& app, http::Body<TransferToken> request,
                                            http::Context& context) {
    if (app.rate_limits) {
        co_await app.db.write([network = http::network_of(context.request.remote_address)](sql::Tx& tx) {
            security::count_attempt(tx, shows_of_network, network);
        });
    }
    auto id = app.tokens.id_of(TokenKind::transfer, request->token.value);
    if (!id) throw NotFound("This link is not valid"_text);
    auto shown = co_await app.db.read([&](sql::Tx& tx) { return find_shown(tx, TransferId{*id}); });
    co_return http::Ok{std::move(shown)};
}

}  // namespace stagedoor::admissions::routes
