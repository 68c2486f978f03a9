// POST /api/orders
//
// Places a hold on tickets of one or several sellers; the buyer has `time_to_pay` to pay for them.
//   201  the order, `created`; publishes order.created
//   400  no items, too many, a ticket twice, quantity below 1, mixed currencies
//   401  not signed in
//   403  one of the tickets is the buyer's own; or confirmed email addresses are required and the buyer's is
//        not
//   404  no such ticket
//   409  sold out, too few left, withdrawn, already started, over maxPerOrder, or costs more than the item's
//        `price` or in another currency (field `items[i].price`, the message has the new price): names every
//        such ticket; or too many unpaid orders; nothing is held
//   422  the idempotency key was used with another body
//   429  too many holds by this buyer or network; the buyer recently held the same tickets without paying and
//        must wait as long again; or many of the tickets are held unpaid, the buyer has never paid, and
//        `proof` does not solve the challenge in the Proof-Of-Work header
//   503  a new ticket has not arrived here yet, and the bus is down or has only just reconnected; too many
//        requests, of this buyer or network or altogether, wait for unknown tickets
#include "common/bus/bus.hpp"
#include "common/http/network.hpp"
#include "common/idempotency/idempotent.hpp"
#include "common/runtime/mutation.hpp"
#include "common/security/proof_of_work.hpp"
#include "services/orders/routes/routes.hpp"
#include "services/orders/store/orders.hpp"
#include "services/orders/store/tickets.hpp"

namespace stagedoor::orders::routes {
namespace {

// The event of a ticket listed a moment ago may still be in flight.
Task<> wait_for_new_tickets(App& app, const std::vector<NewItem>& items,
                            const messaging::ReadYourWrites::Caller& caller) {
    for (const auto& item : items) {
        if (!app.read_your_writes->may_be_in_flight(item.ticket_id.text)) continue;
        auto known = [&app, &item]() -> Task<bool> {
            return app.db.read(
                [&item](sql::Tx& tx) { return store::find_ticket(tx, item.ticket_id).has_value(); });
        };
        if (co_await app.read_your_writes->wait_until_known(item.ticket_id.text, caller, known)) continue;
        if (!app.bus.is_caught_up())
            throw Unavailable("This ticket isn't available yet; try again in a moment"_text);
        throw NotFound("There is no ticket {id}"_text.with("id", item.ticket_id.text));
    }
}

// Only for the mutant hold-in-two-transactions (common/runtime/mutation.hpp), which no program switches on:
// checks the stock in a transaction of its own.
Task<> require_stock(App& app, const std::vector<NewItem>& items) {
    co_await app.db.read([&items](sql::Tx& tx) {
        for (const auto& item : items) {
            auto ticket = store::find_ticket(tx, item.ticket_id);
            if (ticket && ticket->left < item.quantity)
                throw Conflict("{title} is sold out"_text.with("title", ticket->title));
        }
    });
}

}  // namespace

Task<http::Created<OrderView>> create_order(App& app, http::SignedIn buyer, http::Body<NewOrder> request,
                                            http::Context& context) {
    if (app.needs_confirmed_emails) security::require_confirmed(buyer.claims);
    auto items = request->all_items();
    auto network = http::network_of(context.request.remote_address);
    co_await wait_for_new_tickets(app, items, {buyer.id.text, network});
    if (runtime::mutated(Mutation::hold_in_two_transactions)) co_await require_stock(app, items);
    auto now = app.clock.now();
    auto id = OrderId{runtime::new_uuid(app.random, now, app.cell_of_new_ids)};
    store::Limits limits{.time_to_pay = app.settings.time_to_pay()};
    if (app.rate_limits) {
        auto has_proof = request->proof &&
                         security::is_proof(*request->proof, security::hold_challenge, buyer.id.text, now);
        limits.abuse = {.network = std::move(network),
                        .max_unpaid_orders = app.settings.max_unpaid_orders,
                        .has_proof = has_proof};
    }
    auto is_rejected = false;  // else a conflict is about the idempotency key
    try {
        co_return http::Created{co_await idempotent(
            app.db, request.key,
            [&](sql::Tx& tx) {
                is_rejected = true;
                auto placed = store::place(tx, id, buyer.id, items, limits);
                is_rejected = false;
                tx.after_commit([&app] { app.orders_placed.add(); });
                return to_response(placed, tx.now(), app.settings.return_time());
            },
            store::hot_rows(buyer.id, items, limits))};
    } catch (const Conflict&) {
        if (is_rejected) app.orders_rejected.add();
        throw;
    }
}

}  // namespace stagedoor::orders::routes
