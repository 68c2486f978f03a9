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
//   429  too many attempts by this buyer or from this network: probably testing stolen cards
//   503  outcome unknown after 15 s, a retry finds it; too many requests wait; or an event of the order is
//        still in flight
#include <expected>

#include "common/http/network.hpp"
#include "common/idempotency/idempotent.hpp"
#include "common/runtime/log.hpp"
#include "common/security/rate_limit.hpp"
#include "services/payments/routes/routes.hpp"
#include "services/payments/store/payments.hpp"

namespace stagedoor::payments::routes {
namespace {

constexpr std::chrono::seconds response_timeout{15};
// Far more than any real buyer needs, too few to test stolen cards.
constexpr security::RateLimit attempts_of_buyer{
    .name = "payment attempts", .max_attempts = 60, .window = std::chrono::hours{1}};
// Of all buyers in a network, since accounts are free. What succeeds doesn't count: many may share one.
constexpr security::RateLimit attempts_of_network{
    .name = "payment attempts by network", .max_attempts = 200, .window = std::chrono::hours{1}};
constexpr std::chrono::seconds retry_after{5};
constexpr std::chrono::seconds order_timeout{2};
// Then the hint counts as lost.
constexpr std::chrono::milliseconds hint_timeout{500};
// How late a request learns of another replica's outcome if the hint is lost. Doubled each time: when all
// are late, more reads would not help.
constexpr std::chrono::milliseconds first_poll_interval{250};

using Watch = messaging::ReadYourWrites::Watch;
using Opening = std::expected<OpenedPayment, store::NotReceivedYet>;

std::string hot_row(const Caller& caller) { return "payment attempts of " + caller.network; }

void count_attempts(sql::Tx& tx, const Caller& caller) {
    security::count_attempt(tx, attempts_of_buyer, caller.user);
    security::count_attempt(tx, attempts_of_network, caller.network);
}

// If it fails, the network has an attempt less for an hour.
Task<> take_back_attempt(App& app, const Caller& caller) {
    try {
        co_await app.db.write(
            [&](sql::Tx& tx) { security::uncount_attempt(tx, attempts_of_network, caller.network); });
    } catch (const std::exception& error) {
        log::warning("a payment still counts as an attempt", {{"error", error.what()}});
    }
}

Task<Opening> try_to_open(App& app, const store::Attempt& attempt, const Caller& caller,
                          const IdempotencyKey& key) {
    std::vector<std::string> hot_rows{store::hot_row(attempt.order)};
    if (app.rate_limits) hot_rows.push_back(hot_row(caller));
    try {
        co_return co_await idempotent(
            app.db, key,
            [&](sql::Tx& tx) {
                auto opened = store::open(tx, attempt);
                auto is_new = opened.id == attempt.id;
                if (is_new && app.rate_limits) count_attempts(tx, caller);
                return opened;
            },
            std::move(hot_rows));
    } catch (const store::NotReceivedYet& missing) {
        co_return std::unexpected(missing);
    }
}

Task<OpenedPayment> open(App& app, const store::Attempt& attempt, const Caller& caller,
                         const IdempotencyKey& key, Watch& events) {
    auto opened = co_await try_to_open(app, attempt, caller, key);
    if (opened) co_return *opened;
    messaging::ReadYourWrites::WaitSlot slot{*app.read_your_writes, caller};
    auto poll_interval = messaging::ReadYourWrites::first_poll_interval;
    for (runtime::Timeout timeout{app.clock, order_timeout}; !opened && !timeout.is_over();
         poll_interval *= 2) {
        (void)co_await events.wait_until(std::min(timeout, runtime::Timeout{app.clock, poll_interval}));
        opened = co_await try_to_open(app, attempt, caller, key);
    }
    if (opened) co_return *opened;
    if (opened.error().order_is_known || !app.bus.is_caught_up())
        throw Unavailable("This order is still being updated; try again in a moment"_text);
    throw NotFound("No such order"_text);
}

Task<std::optional<Outcome>> find_outcome(App& app, const PaymentId& id) {
    auto payment = co_await app.db.read([&](sql::Tx& tx) { return store::find(tx, id); });
    co_return payment ? outcome_of(*payment) : std::nullopt;
}

Task<Outcome> wait_for_outcome(App& app, const PaymentId& id, Outcomes::Waiter& waiter) {
    auto poll_interval = first_poll_interval;
    for (runtime::Timeout timeout{app.clock, response_timeout}; !timeout.is_over(); poll_interval *= 2) {
        auto next_poll = std::min(timeout, runtime::Timeout{app.clock, poll_interval});
        if (auto outcome = co_await waiter.wait_until(next_poll)) co_return *outcome;
        if (auto outcome = co_await find_outcome(app, id)) co_return *outcome;
    }
    throw Unavailable("We're still checking your payment; try again in a moment"_text, retry_after);
}

// The attempt may have ended long ago.
Task<Outcome> join_attempt(App& app, const PaymentId& id) {
    Outcomes::Waiter waiter{app.outcomes, id};
    if (auto outcome = co_await find_outcome(app, id)) co_return *outcome;
    co_return co_await wait_for_outcome(app, id, waiter);
}

bool is_decided(const store::OrderProjection& order) { return order.status != OrderStatus::awaiting_payment; }
bool can_be_decided(const store::OrderProjection& order) { return is_decided(order) || order.attempt; }

// Usually without reading the database: the watch has been there since before the charge.
Task<> wait_until_order_completes(App& app, const OrderId& order, const Caller& caller, Watch& events) {
    auto has_ended = [&] {
        return events.has_seen(contracts::OrderCompleted::subject) ||
               events.has_seen(contracts::OrderCancelled::subject);
    };
    for (runtime::Timeout timeout{app.clock, hint_timeout}; !has_ended() && !timeout.is_over();)
        (void)co_await events.wait_until(timeout);
    if (!has_ended()) (void)co_await wait_for_order(app, order, caller, is_decided);
}

// Read-your-writes: what orders makes of the outcome has arrived here, so whoever asks orders next sees it.
// If it does not arrive in time, the outcome still stands.
Task<> wait_until_order_knows(App& app, const OrderId& order, const Caller& caller, const Outcome& outcome,
                              bool is_new, Watch& events) {
    try {
        if (is_new && outcome.succeeded)
            co_await wait_until_order_completes(app, order, caller, events);
        else
            (void)co_await wait_for_order(app, order, caller,
                                          outcome.succeeded ? is_decided : can_be_decided);
    } catch (const std::exception&) {  // too many requests wait, or the database is down: the outcome stands
    }
}

}  // namespace

Task<http::Created<OpenedPayment>> create_payment(App& app, http::SignedIn buyer,
                                                  http::Body<NewPayment> request, http::Context& context) {
    // Within the gateway's timeout, which is 20 s.
    runtime::Timeout time_for_order{app.clock, response_timeout + std::chrono::seconds{1}};
    store::Attempt attempt{
        .id = PaymentId{runtime::new_uuid(app.random, app.clock.now())},
        .order = request->order_id,
        .buyer = buyer.id,
        .token = request->token,
        .order_may_arrive =
            app.read_your_writes->may_be_in_flight(request->order_id.text) || !app.bus.is_caught_up()};
    const Caller caller{buyer.id.text, http::network_of(context.request.remote_address)};
    Outcomes::Waiter waiter{app.outcomes, attempt.id};  // before an outcome can arrive
    Watch events{*app.read_your_writes, attempt.order.text};
    auto opened = co_await open(app, attempt, caller, request.key, events);
    auto is_new = opened.id == attempt.id;
    auto outcome =
        is_new ? co_await wait_for_outcome(app, opened.id, waiter) : co_await join_attempt(app, opened.id);
    if (is_new && outcome.succeeded && app.rate_limits) co_await take_back_attempt(app, caller);
    if (!time_for_order.is_over())
        co_await wait_until_order_knows(app, attempt.order, caller, outcome, is_new, events);
    if (outcome.succeeded) co_return http::Created{std::move(opened)};
    if (outcome.provider_called) throw Declined(Message::stored(outcome.reason), "token");
    throw Conflict(Message::stored(outcome.reason));
}

}  // namespace stagedoor::payments::routes
