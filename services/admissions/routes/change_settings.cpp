// PUT /api/admissions/listings/:ticketId/settings
//
//   200  the new settings
//   400  invalid settings or If-Match
//   401  not signed in
//   403  neither the seller nor an admin
//   404  no such listing
//   409  `rotating` after the doors were opened, `mode` once a scanner has joined: packs, codes and what
//        scanners have decided without a network depend on them
//   412  If-Match or If-None-Match does not allow the settings' version
#include "services/admissions/routes/routes.hpp"

namespace stagedoor::admissions::routes {

Task<http::Ok<store::AdmissionSettings>> change_settings(App& app, http::SignedIn seller,
                                                         http::Path<TicketId> ticket, http::IfMatch if_match,
                                                         http::Body<store::AdmissionSettings> request) {
    auto entry =
        app.audit_entry("user " + seller.id.text, "change-admission-settings", "ticket " + ticket->text);
    auto version = co_await app.db.write(
        [&](sql::Tx& tx) {
            auto listing = require_seller(tx, *ticket, seller);
            if (if_match.is_given() && !if_match.allows(listing.settings_version))
                throw PreconditionFailed("The settings have changed: version {version}"_text.with(
                    "version", std::to_string(listing.settings_version)));
            if (!store::change_settings(tx, *ticket, *request, listing.settings_version)) {
                if (store::find_listing(tx, *ticket)->settings_version != listing.settings_version)
                    throw Conflict("Somebody else is changing the settings; try again"_text);
                if (listing.mode != request->mode)
                    throw Conflict("A device has joined: the mode can no longer be switched"_text, "mode");
                throw Conflict("The doors are open: changing codes can no longer be switched"_text,
                               "rotating");
            }
            app.audit.record(tx, entry);
            return listing.settings_version + 1;
        },
        {.traceparent = request.key.traceparent});
    co_return http::Ok<store::AdmissionSettings>{*request, {}, version};
}

}  // namespace stagedoor::admissions::routes
