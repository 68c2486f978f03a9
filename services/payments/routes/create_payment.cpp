// POST /api/payments
//
// Pays an order with a token that the provider created from the buyer's card. A duplicate request, with or
// without the same Idempotency-Key, joins the attempt that is in progress or has succeeded; a repeat with the
// same key gets the outcome of the same attempt. By then the order shows the outcome: `complete`, or
// `created` again.
//   201  paid: the payment's id; publishes payment.started, then payment.created
//   400  no order, no token, or token too long
//   401  not signed in
//   402  declined, with the reason; publishes payment.failed, and the order can be paid again
//   403  another buyer's order
//   404  no such order
//   409  the order is cancelled or has expired
//   422  the idempotency key was used with another body
//   429  too many attempts by this buyer: probably testing stolen cards
//   503  outcome unknown after 15 s, a retry finds it; too many requests wait; or an event of the order is
//        still in flight
#include <expected>

#include "common/idempotency/idempotent.hpp"
#include "common/security/rate_limit.hpp"
#include "services/payments/routes/routes.hpp"
#include "services/payments/store/payments.hpp"

namespace stagedoor::payments::routes {
namespace {

constexpr std::chrono::seconds response_timeout{15};
// Far more than any real buyer needs, too few to test stolen cards.
constexpr security::RateLimit attempts_of_buyer{
    .name = "payment attempts", .max_attempts = 60, .window = std::chrono::hours{1}};
constexpr std::chrono::seconds retry_after{5};
constexpr std::chrono::seconds order_timeout{2};
// How late a request learns of another replica's outcome if the hint is lost.
constexpr std::chrono::milliseconds poll_interval{250};

using Opening = std::expected<OpenedPayment, store::NotReceivedYet>;

Task<Opening> try_to_open(App& app, const store::Attempt& attempt, const IdempotencyKey& key) {
    try {
        co_return co_await idempotent(app.db, key, [&](sql::Tx& tx) {
            auto opened = store::open(tx, attempt);
            auto is_new = opened.id == attempt.id;
            if (is_new && app.rate_limits) security::count_attempt(tx, attempts_of_buyer, attempt.buyer.text);
            return opened;
        });
    } catch (const store::NotReceivedYet& missing) {
        co_return std::unexpected(missing);
    }
}

bool can_be_decided(const store::OrderProjection& order) {
    return order.status != OrderStatus::awaiting_payment || order.attempt;
}

Task<OpenedPayment> open(App& app, const store::Attempt& attempt, const IdempotencyKey& key) {
    auto opened = co_await try_to_open(app, attempt, key);
    // In a loop: by the time the missing event arrives, another attempt may have started and ended.
    for (runtime::Timeout timeout{app.clock, order_timeout}; !opened && !timeout.is_over();) {
        if (co_await wait_for_order(app, attempt.order, can_be_decided))
            opened = co_await try_to_open(app, attempt, key);
    }
    if (opened) co_return *opened;
    if (opened.error().order_is_known || !app.bus.is_caught_up())
        throw Unavailable("This order is still being updated; try again in a moment");
    throw NotFound("No such order");
}

Task<std::optional<Outcome>> find_outcome(App& app, const PaymentId& id) {
    auto payment = co_await app.db.read([&](sql::Tx& tx) { return store::find(tx, id); });
    co_return payment ? outcome_of(*payment) : std::nullopt;
}

Task<Outcome> wait_for_outcome(App& app, const PaymentId& id, Outcomes::Waiter& waiter) {
    for (runtime::Timeout timeout{app.clock, response_timeout}; !timeout.is_over();) {
        auto next_poll = std::min(timeout, runtime::Timeout{app.clock, poll_interval});
        if (auto outcome = co_await waiter.wait_until(next_poll)) co_return *outcome;
        if (auto outcome = co_await find_outcome(app, id)) co_return *outcome;
    }
    throw Unavailable("We're still checking your payment; try again in a moment", retry_after);
}

// The attempt may have ended long ago.
Task<Outcome> join_attempt(App& app, const PaymentId& id) {
    Outcomes::Waiter waiter{app.outcomes, id};
    if (auto outcome = co_await find_outcome(app, id)) co_return *outcome;
    co_return co_await wait_for_outcome(app, id, waiter);
}

// Read-your-writes: what orders makes of the outcome has arrived here, so whoever asks orders next sees it.
// If it does not arrive in time, the outcome still stands.
Task<> wait_until_order_knows(App& app, const OrderId& order, const Outcome& outcome) {
    auto is_decided = [](const store::OrderProjection& known) {
        return known.status != OrderStatus::awaiting_payment;
    };
    try {
        (void)co_await wait_for_order(app, order, outcome.succeeded ? +is_decided : can_be_decided);
    } catch (const std::exception&) {  // too many requests wait, or the database is down: the outcome stands
    }
}

}  // namespace

Task<http::Created<OpenedPayment>> create_payment(App& app, http::SignedIn buyer,
                                                  http::Body<NewPayment> request) {
    // Within the gateway's timeout, which is 20 s.
    runtime::Timeout time_for_order{app.clock, response_timeout + std::chrono::seconds{1}};
    store::Attempt attempt{
        .id = PaymentId{runtime::new_uuid(app.random, app.clock.now())},
        .order = request->order_id,
        .buyer = buyer.id,
        .token = request->token,
        .order_may_arrive =
            app.read_your_writes->may_be_in_flight(request->order_id.text) || !app.bus.is_caught_up()};
    Outcomes::Waiter waiter{app.outcomes, attempt.id};  // before an outcome can arrive
    auto opened = co_await open(app, attempt, request.key);
    auto outcome = opened.id == attempt.id ? co_await wait_for_outcome(app, opened.id, waiter)
                                           : co_await join_attempt(app, opened.id);
    if (!time_for_order.is_over()) co_await wait_until_order_knows(app, attempt.order, outcome);
    if (outcome.succeeded) co_return http::Created{std::move(opened)};
    if (outcome.provider_called) throw Declined(outcome.reason, "token");
    throw Conflict(outcome.reason);
}

}  // namespace stagedoor::payments::routes
