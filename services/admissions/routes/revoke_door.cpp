// DELETE /api/admissions/doors/:id
//
// The link and its scanners are refused from now on. Shards that they own stay theirs until a supervisor
// overrides them.
//   204  revoked, now or before
//   401  not signed in
//   403  neither the seller nor an admin
//   404  no such door
#include "services/admissions/routes/routes.hpp"

namespace stagedoor::admissions::routes {

Task<http::NoContent> revoke_door(App& app, http::SignedIn seller, http::Path<DoorId> id, http::Trace trace) {
    auto entry = app.audit_entry("user " + seller.id.text, "revoke-door", "door " + id->text);
    co_await app.db.write(
        [&](sql::Tx& tx) {
            auto door = store::find_door(tx, *id);
            if (!door) throw NotFound("No such door"_text);
            (void)require_seller(tx, door->ticket_id, seller);
            store::revoke_door(tx, *id);
            app.audit.record(tx, entry);
        },
        {.traceparent = trace.parent});
    co_return http::NoContent{};
}

}  // namespace stagedoor::admissions::routes
