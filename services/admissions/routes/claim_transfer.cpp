// POST /api/admissions/transfers/claim
//
// The user becomes the holder of the offered pass. Codes that were shown before are no longer valid.
//   200  the pass; again if the same user repeats it. The first time, publishes transfer.claimed
//   400  no token
//   401  not signed in
//   404  no such offer
//   409  the user's own pass; claimed by somebody else, or revoked; used, or at the doors
//   429  too many by this user
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/passes.hpp"
#include "services/admissions/store/shards.hpp"
#include "services/admissions/store/transfers.hpp"

namespace stagedoor::admissions::routes {
namespace {

constexpr security::RateLimit claims_of_user{
    .name = "transfers claimed by user", .max_attempts = 200, .window = std::chrono::hours{1}};

PassRow find_offered(sql::Tx& tx, const TransferId& id) {
    auto transfer = store::find_transfer(tx, id);
    if (!transfer) throw NotFound("This link is not valid"_text);
    return store::find_pass(tx, transfer->pass_id).value();
}

}  // namespace

Task<http::Ok<Pass>> claim_transfer(App& app, http::SignedIn claimant, http::Body<TransferToken> request) {
    auto text = app.tokens.id_of(TokenKind::transfer, request->token.value);
    if (!text) throw NotFound("This link is not valid"_text);
    TransferId id{*text};
    auto pass = co_await app.db.read([&](sql::Tx& tx) { return find_offered(tx, id); });
    auto claimed = co_await app.db.write(
        [&](sql::Tx& tx) {
            if (app.rate_limits) security::count_attempt(tx, claims_of_user, claimant.id.text);
            store::claim(tx, id, pass, claimant.id);
            auto now = store::find_pass(tx, pass.id).value();
            if (now.holder_id != claimant.id) throw Conflict("You have passed this ticket on"_text);
            return now;
        },
        {.traceparent = request.key.traceparent, .hot_rows = {store::hot_row(pass.ticket_id, pass.shard)}});
    if (claimed.version == pass.version + 1) app.passes_transferred.add();
    co_return http::Ok{to_response(claimed)};
}

}  // namespace stagedoor::admissions::routes
