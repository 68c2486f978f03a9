// POST /api/payments
//
// The buyer pays an order with a token that the provider has made of their card. A doubled request, with or without the
// same Idempotency-Key, joins the attempt that is under way or has succeeded; a repeat with the same key receives the
// outcome of the same attempt.
//   201  paid: the payment's id; has told payment.started, then payment.created
//   400  no order, no token, or one that is too long
//   401  not signed in
//   402  declined, and why; has told payment.failed, and the order can be paid again
//   403  somebody else's order
//   404  no such order
//   409  the order is cancelled, or its time is over
//   422  the key was used with another body
//   429  the buyer has tried too often: somebody tries out cards
//   503  not known after 15 s, a repeat finds the outcome; too many wait; or orders has told something that is not
//        heard here yet
#include <expected>

#include "common/idempotency/idempotent.hpp"
#include "common/security/rate_limit.hpp"
#include "services/payments/routes/routes.hpp"
#include "services/payments/store/payments.hpp"

namespace stagedoor::payments::routes {
namespace {

constexpr std::chrono::seconds patience{15};
// Far more than anybody buys, far too few to find out which of many stolen cards still work.
constexpr security::RateLimit attempts_of_buyer{
    .name = "payment attempts", .most = 60, .window = std::chrono::hours{1}};
constexpr std::chrono::seconds until_next_try{5};
constexpr std::chrono::seconds patience_with_orders{2};
// What another copy of the service has found out is only seen in the database.
constexpr std::chrono::milliseconds poll_interval{250};

using Opening = std::expected<OpenedPayment, store::NotReceivedYet>;

Task<Opening> try_to_open(App& app, const store::Attempt& attempt, const IdempotencyKey& key) {
    try {
        co_return co_await idempotent(app.db, key, [&](sql::Tx& tx) {
            auto opened = store::open(tx, attempt);
            auto is_new = opened.id == attempt.id;
            if (is_new && app.settings.rate_limits)
                security::count_try(tx, attempts_of_buyer, attempt.buyer.text);
            return opened;
        });
    } catch (const store::NotReceivedYet& cause) {
        co_return std::unexpected(cause);
    }
}

bool can_be_decided(const store::OrderCopy& order) {
    return order.status != OrderStatus::awaiting_payment || order.attempt;
}

Task<OpenedPayment> open(App& app, const store::Attempt& attempt, const IdempotencyKey& key) {
    auto opened = co_await try_to_open(app, attempt, key);
    // More than once: what was missing comes, and by then another attempt may have begun and ended.
    for (runtime::Timeout timeout{app.clock, patience_with_orders}; !opened && !timeout.is_over();) {
        if (co_await wait_for_order(app, attempt.order, can_be_decided))
            opened = co_await try_to_open(app, attempt, key);
    }
    if (opened) co_return *opened;
    if (opened.error().order_is_known || !app.bus.is_caught_up())
        throw Unavailable("What the order has come to is not known here yet; try again in a moment");
    throw NotFound("No such order");
}

Task<std::optional<Outcome>> look(App& app, const PaymentId& id) {
    auto payment = co_await app.db.read([&](sql::Tx& tx) { return store::find(tx, id); });
    co_return payment ? outcome_of(*payment) : std::nullopt;
}

Task<Outcome> wait_for_outcome(App& app, const PaymentId& id, Outcomes::Place& place) {
    for (runtime::Timeout timeout{app.clock, patience}; !timeout.is_over();) {
        auto next_look = std::min(timeout, runtime::Timeout{app.clock, poll_interval});
        if (auto outcome = co_await place.told_before(next_look)) co_return *outcome;
        if (auto outcome = co_await look(app, id)) co_return *outcome;
    }
    throw Unavailable("Whether you have paid is not known yet; ask again", until_next_try);
}

// It may have ended long ago.
Task<Outcome> join(App& app, const PaymentId& id) {
    Outcomes::Place place{app.outcomes, id};
    if (auto outcome = co_await look(app, id)) co_return *outcome;
    co_return co_await wait_for_outcome(app, id, place);
}

}  // namespace

Task<http::Created<OpenedPayment>> create_payment(App& app, http::SignedIn buyer,
                                                  http::Body<NewPayment> request) {
    store::Attempt attempt{
        .id = PaymentId{runtime::new_uuid(app.random, app.clock.now())},
        .order = request->order_id,
        .buyer = buyer.id,
        .token = request->token,
        .order_may_arrive =
            app.read_your_writes->may_be_in_flight(request->order_id.text) || !app.bus.is_caught_up()};
    Outcomes::Place place{app.outcomes, attempt.id};  // before anything can be told
    auto opened = co_await open(app, attempt, request.key);
    auto outcome = opened.id == attempt.id ? co_await wait_for_outcome(app, opened.id, place)
                                           : co_await join(app, opened.id);
    if (outcome.succeeded) co_return http::Created{std::move(opened)};
    if (outcome.was_tried) throw Declined(outcome.reason, "token");
    throw Conflict(outcome.reason);
}

}  // namespace stagedoor::payments::routes
