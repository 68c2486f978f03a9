// DELETE /api/admissions/transfers/:id
//
// Ends the user's own offer.
//   204  nobody can claim it, now or before; the first time, publishes transfer.revoked
//   401  not signed in
//   403  another user's offer
//   404  no such offer
//   409  already claimed
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/passes.hpp"
#include "services/admissions/store/transfers.hpp"

namespace stagedoor::admissions::routes {

Task<http::NoContent> revoke_transfer(App& app, http::SignedIn holder, http::Path<TransferId> id,
                                      http::Trace trace) {
    co_await app.db.write(
        [&](sql::Tx& tx) {
            // Who has offered it never changes, so reading it before the guarded write is safe.
            auto transfer = store::find_transfer(tx, *id);
            if (!transfer) throw NotFound("No such transfer"_text);
            if (transfer->from_user_id != holder.id)
                throw Forbidden("Only who has offered this ticket can take it back"_text);
            if (store::end_offer(tx, *id, store::find_pass(tx, transfer->pass_id).value())) return;
            if (store::find_transfer(tx, *id)->status == TransferStatus::claimed)
                throw Conflict("This ticket has already been claimed"_text);
        },
        {.traceparent = trace.parent});
    co_return http::NoContent{};
}

}  // namespace stagedoor::admissions::routes
