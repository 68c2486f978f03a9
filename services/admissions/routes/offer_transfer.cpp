// POST /api/admissions/passes/:id/transfer
//
// Offers a pass to whoever has the link, until that is claimed or the offer is revoked.
//   201  the offer and its link; the open one if there is one. The first time, publishes transfer.offered
//   401  not signed in
//   403  somebody else holds it
//   404  no such pass
//   409  the seller forbids it, or not that often; used, revoked, or at the doors
//   429  too many offers by this user
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/passes.hpp"
#include "services/admissions/store/shards.hpp"
#include "services/admissions/store/transfers.hpp"

namespace stagedoor::admissions::routes {
namespace {

// Each is an email to the holder.
constexpr security::RateLimit offers_of_user{
    .name = "transfers by user", .max_attempts = 60, .window = std::chrono::hours{1}};

PassRow require_holder(sql::Tx& tx, const PassId& id, const UserId& user) {
    auto pass = store::find_pass(tx, id);
    if (!pass) throw NotFound("No such ticket"_text);
    if (pass->holder_id != user) throw Forbidden("Somebody else holds this ticket"_text);
    return std::move(*pass);
}

}  // namespace

Task<http::Created<OfferedTransfer>> offer_transfer(App& app, http::SignedIn holder, http::Path<PassId> id,
                                                    http::Trace trace) {
    // Only the holder can change; the guard of the INSERT looks again.
    auto pass = co_await app.db.read([&](sql::Tx& tx) { return require_holder(tx, *id, holder.id); });
    TransferId transfer_id{app.new_id()};
    auto row = co_await app.db.write(
        [&](sql::Tx& tx) {
            if (app.rate_limits) security::count_attempt(tx, offers_of_user, holder.id.text);
            return store::offer(tx, transfer_id, pass, holder.id);
        },
        {.traceparent = trace.parent, .hot_rows = {store::hot_row(pass.ticket_id, pass.shard)}});
    co_return http::Created{
        OfferedTransfer{.id = row.id,
                        .pass_id = row.pass_id,
                        .link = app.origin + "/transfer#" + app.tokens.make(TokenKind::transfer, row.id.text),
                        .created_at = row.created_at}};
}

}  // namespace stagedoor::admissions::routes
