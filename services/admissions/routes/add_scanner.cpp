// POST /api/admissions/scanners
//
// A phone or laptop joins by the door's link and gets a number and a token of its own.
//   201  the scanner
//   400  no token, or an invalid name
//   401  the link is not valid, has expired or was revoked
//   409  the door has too many scanners
//   429  too many for this door
#include "services/admissions/routes/routes.hpp"

namespace stagedoor::admissions::routes {
namespace {

constexpr security::RateLimit scanners_of_door{
    .name = "scanners by door", .max_attempts = 100, .window = std::chrono::hours{1}};

}  // namespace

Task<http::Created<CreatedScanner>> add_scanner(App& app, http::Body<NewScanner> request) {
    auto text = app.tokens.id_of(TokenKind::door, request->token.value);
    if (!text) throw NotSignedIn("This door's link is not valid"_text);
    DoorId door_id{*text};
    ScannerId id{app.new_id()};
    std::optional<std::string> name;
    if (request->name) name = request->name->value;
    auto entry = app.audit_entry("door " + door_id.text, "add-scanner", "scanner " + id.text);
    auto scanner = co_await app.db.write(
        [&](sql::Tx& tx) {
            auto door = store::find_door(tx, door_id);
            if (!door) throw NotSignedIn("This door's link is not valid"_text);
            if (app.rate_limits) security::count_attempt(tx, scanners_of_door, door_id.text);
            auto number = store::add_scanner(tx, id, *door, name);
            if (!number) {
                if (door->revoked_at || door->expires_at <= tx.now())
                    throw NotSignedIn("This door's link has expired or was revoked"_text);
                throw Conflict("This door has too many scanners; make another door"_text);
            }
            app.audit.record(tx, entry);
            return CreatedScanner{.id = id,
                                  .token = {},
                                  .number = *number,
                                  .door = {door->id, door->name, door->role},
                                  .ticket_id = door->ticket_id};
        },
        {.traceparent = request.key.traceparent});
    scanner.token = app.tokens.make(TokenKind::scanner, id.text);
    co_return http::Created<CreatedScanner>{std::move(scanner), for_scanner_only()};
}

}  // namespace stagedoor::admissions::routes
