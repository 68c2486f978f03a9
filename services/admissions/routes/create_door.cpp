// POST /api/admissions/listings/:ticketId/doors
//
// Makes a link that turns phones into scanners of this event, without an account.
//   201  the door and its link
//   400  invalid name, role or expiry
//   401  not signed in
//   403  neither the seller nor an admin
//   404  no such listing
//   409  too many doors
//   429  too many by this user
#include <algorithm>

#include "common/idempotency/idempotent.hpp"
#include "services/admissions/routes/routes.hpp"

namespace stagedoor::admissions::routes {
namespace {

constexpr security::RateLimit doors_of_user{
    .name = "doors by user", .max_attempts = 300, .window = std::chrono::hours{24}};
// How long a link works after the event begins, or from now on if that is over or unknown.
constexpr std::chrono::hours default_lifetime{24};

}  // namespace

Task<http::Created<CreatedDoor>> create_door(App& app, http::SignedIn seller, http::Path<TicketId> ticket,
                                             http::Body<NewDoor> request, http::Context& context) {
    co_await wait_for_new_listing(app, *ticket, seller, context);
    DoorId id{app.new_id()};
    auto entry = app.audit_entry("user " + seller.id.text, "create-door",
                                 "door " + id.text + " of ticket " + ticket->text);
    auto door = co_await idempotent(app.db, request.key, [&](sql::Tx& tx) {
        auto listing = require_seller(tx, *ticket, seller);
        if (app.rate_limits) security::count_attempt(tx, doors_of_user, seller.id.text);
        auto begins = std::max(listing.starts_at.value_or(tx.now()), tx.now());
        store::DoorRow row{.id = id,
                           .ticket_id = *ticket,
                           .name = request->name,
                           .role = request->role,
                           .created_at = tx.now(),
                           .expires_at = request->expires_at.value_or(begins + default_lifetime),
                           .revoked_at = {}};
        if (!store::add_door(tx, row))
            throw Conflict("This event has too many doors; revoke some first"_text);
        app.audit.record(tx, entry);
        return CreatedDoor{
            .id = id, .name = row.name, .role = row.role, .expires_at = row.expires_at, .link = {}};
    });
    door.link = app.origin + "/door#" + app.tokens.make(TokenKind::door, door.id.text);
    co_return http::Created{std::move(door)};
}

}  // namespace stagedoor::admissions::routes
