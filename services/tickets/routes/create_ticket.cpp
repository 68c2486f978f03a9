// POST /api/tickets
//
// Lists tickets for sale.
//   201  the listing, `open`, at version 1; publishes ticket.created
//   400  a field outside its limits, a price of 0 or with too many decimals, an event in the past
//   401  not signed in
//   403  the seller's address is not confirmed, where it must be
//   429  too many listings by this seller within a day, or from this network within an hour
#include "common/http/network.hpp"
#include "common/idempotency/idempotent.hpp"
#include "common/security/rate_limit.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::routes {

namespace {

constexpr security::RateLimit listings_of_network{
    .name = "listings by address", .max_attempts = 300, .window = std::chrono::hours{1}};

}  // namespace

Task<http::Created<Ticket>> create_ticket(App& app, http::SignedIn seller, http::Body<NewTicket> request,
                                          http::Context& context) {
    if (app.needs_confirmed_emails) security::require_confirmed(seller.claims);
    auto now = app.clock.now();
    const store::NewListing listing{TicketId{runtime::new_uuid(app.random, now, app.cell_of_new_ids)},
                                    seller.id, *request};
    security::RateLimit listings_of_seller{.name = "listings by seller",
                                           .max_attempts = app.settings.listings_per_day,
                                           .window = std::chrono::hours{24}};
    auto network = http::network_of(context.request.remote_address);
    auto ticket = co_await idempotent(
        app.db, request.key,
        [&](sql::Tx& tx) {
            if (app.rate_limits) {
                security::count_attempt(tx, listings_of_seller, seller.id.text);
                security::count_attempt(tx, listings_of_network, network);
            }
            return std::move(store::create(tx, app.known_words, std::span{&listing, 1}).front());
        },
        app.rate_limits ? std::vector{"seller " + seller.id.text, "network " + network}
                        : std::vector<std::string>{});
    co_return http::Created{std::move(ticket)};
}

}  // namespace stagedoor::tickets::routes
