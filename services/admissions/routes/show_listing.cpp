// GET /api/admissions/listings/:ticketId
//
//   200  what the seller has set, how many have arrived, and the doors; the ETag begins with the version of
//        the settings
//   401  not signed in
//   403  neither the seller nor an admin
//   404  no such listing
#include "common/bus/bus.hpp"
#include "common/http/network.hpp"
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/scans.hpp"

namespace stagedoor::admissions::routes {
namespace {

struct ListingFound {
    ListingView view;
    std::int64_t settings_version = 0;
};

ListingFound find_for(sql::Tx& tx, const TicketId& ticket, const http::SignedIn& user) {
    auto listing = require_seller(tx, ticket, user);
    return {.view = {.ticket_id = ticket,
                     .title = listing.title.value_or(""),
                     .starts_at = listing.starts_at,
                     .settings = store::settings_of(listing),
                     .counts = store::count_passes(tx, ticket),
                     .doors = store::doors_of(tx, ticket),
                     .duplicates = store::count_duplicates(tx, ticket)},
            .settings_version = listing.settings_version};
}

}  // namespace

// A listing that was created a moment ago may still be in flight.
Task<> wait_for_new_listing(App& app, const TicketId& ticket, const http::SignedIn& user,
                            const http::Context& context) {
    if (!app.read_your_writes->may_be_in_flight(ticket.text)) co_return;
    auto known = [&app, &ticket]() -> Task<bool> {
        return app.db.read([&ticket](sql::Tx& tx) {
            auto listing = store::find_listing(tx, ticket);
            return listing && listing->seller_id;
        });
    };
    messaging::ReadYourWrites::Caller caller{user.id.text, http::network_of(context.request.remote_address)};
    if (co_await app.read_your_writes->wait_until_known(ticket.text, caller, known)) co_return;
    if (!app.bus.is_caught_up())
        throw Unavailable("This listing isn't available yet; try again in a moment"_text);
}

Task<http::Ok<ListingView>> show_listing(App& app, http::SignedIn seller, http::Path<TicketId> ticket,
                                         http::Context& context) {
    co_await wait_for_new_listing(app, *ticket, seller, context);
    auto found = co_await app.db.read([&](sql::Tx& tx) { return find_for(tx, *ticket, seller); });
    co_return http::Ok<ListingView>{std::move(found.view), {}, found.settings_version};
}

}  // namespace stagedoor::admissions::routes
