// Sends queued emails: claims due ones by lease, delivers them in parallel, records the outcomes.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <tuple>

#include "common/outbound/address.hpp"
#include "common/runtime/backoff.hpp"
#include "common/runtime/log.hpp"
#include "common/security/rate_limit.hpp"
#include "services/notifications/workers/workers.hpp"

namespace stagedoor::notifications::workers {
namespace {

constexpr std::int64_t max_claimed = 64;
constexpr std::size_t max_parallel = 8;  // concurrent deliveries
constexpr std::chrono::seconds delivery_timeout{20};
// Then another replica may try. Deliveries need little more than half of it even if every one times out;
// the rest is for recording the outcomes.
constexpr std::chrono::minutes lease{5};
static_assert(max_claimed / max_parallel * delivery_timeout <= lease * 6 / 10);
// Emails are in no hurry: those of a busy moment share their transactions.
constexpr std::chrono::milliseconds claim_interval{100};
constexpr std::chrono::seconds retry_delay{1};

constexpr std::chrono::hours max_delay{1};
// How long an email waits for an unknown address or listing.
constexpr std::chrono::days unknown_timeout{1};
constexpr std::chrono::days delivery_deadline{3};

// Anybody can sign up with somebody else's address and make us email it.
constexpr security::RateLimit unconfirmed_limit{
    .name = "mail to an unconfirmed address", .max_attempts = 10, .window = std::chrono::days{1}};

struct Outcome {
    store::Status status = store::Status::queued;  // queued: postponed
    std::string error;
};

struct Delivery {
    store::ResolvedEmail email;
    std::optional<Outcome> outcome;  // nullopt: to be delivered
    bool counted = false;            // by `unconfirmed_limit`
};

// The emails of one claim, shared by its parallel deliveries.
struct Batch {
    Batch(runtime::Clock& clock, std::vector<Delivery> all) : deliveries(std::move(all)), ended(clock) {}

    std::vector<Delivery> deliveries;
    std::atomic<std::size_t> next = 0, running = 0;
    runtime::AsyncEvent ended;
};

// The outcome of an email that can't or need not be delivered (yet).
std::optional<Outcome> without_delivery(const store::ResolvedEmail& email, Instant now) {
    using enum store::Status;
    auto timed_out = now - email.email.created_at >= unknown_timeout;
    if (std::holds_alternative<std::monostate>(email.payload))
        return Outcome{given_up, "its data can't be read"};
    if (const auto* link = std::get_if<contracts::LinkIssued>(&email.payload)) {
        if (link->expires_at <= now) return Outcome{given_up, "the link has expired"};
        auto confirmed =
            email.recipient && email.recipient->confirmed && email.recipient->email == link->email;
        if (email.email.kind == EmailKind::confirm_email && confirmed)
            return Outcome{given_up, "the address is already confirmed"};
    }
    if (email.outdated)
        return Outcome{given_up, "the event has moved again or back, or the tickets are void"};
    if (!email.recipient) return Outcome{timed_out ? given_up : queued, "the address is not known"};
    if (!outbound::is_mail_address(email.recipient->email))
        return Outcome{given_up, "the address is not valid"};
    if (!email.all_listings && !timed_out) return Outcome{queued, "a listing in it is not known"};
    return std::nullopt;
}

// Whether strangers can cause it without paying, and its address is not confirmed.
bool may_be_unwanted(const store::ResolvedEmail& email) {
    auto kind = email.email.kind;
    return !email.recipient->confirmed &&
           (kind == EmailKind::hold_expired || kind == EmailKind::order_cancelled || kind == EmailKind::sold);
}

bool is_within_limit(sql::Tx& tx, const UserId& user) {
    try {
        security::count_attempt(tx, unconfirmed_limit, user.text);
        return true;
    } catch (const TooManyRequests&) {
        security::uncount_attempt(tx, unconfirmed_limit, user.text);  // emails that are not sent don't count
        return false;
    }
}

// Counts against the limit before sending, so that it holds across replicas.
Delivery prepare(sql::Tx& tx, const Email& email, bool limited) {
    Delivery delivery{.email = store::resolve(tx, email), .outcome = {}};
    delivery.outcome = without_delivery(delivery.email, tx.now());
    if (delivery.outcome || !limited || !may_be_unwanted(delivery.email)) return delivery;
    delivery.counted = is_within_limit(tx, email.user_id);
    if (!delivery.counted)
        delivery.outcome = {store::Status::given_up, "too many emails to an unconfirmed address"};
    return delivery;
}

// An error as printable ASCII, at most 500 bytes: a server may reply anything.
std::string to_row_text(std::string_view error) {
    constexpr std::size_t max_size = 500;
    std::string text{error.substr(0, max_size)};
    std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
    return text;
}

Task<Outcome> deliver(App& app, const store::ResolvedEmail& email) {
    using enum store::Status;
    auto status = app.clock.now() - email.email.created_at >= delivery_deadline ? given_up : queued;
    std::string error;
    try {
        auto message = app.writer.message(email);
        message.timeout = delivery_timeout;
        co_await app.mailer->deliver(email.email.id, std::move(message));
        status = sent;
    } catch (const outbound::EmailRejected& rejected) {
        if (rejected.permanent) status = given_up;
        error = to_row_text(rejected.what());
    } catch (const std::exception& failure) {
        error = to_row_text(failure.what());
    }
    co_return Outcome{status, std::move(error)};
}

Task<> deliver_next(App& app, std::shared_ptr<Batch> batch) {
    for (auto at = batch->next++; at < batch->deliveries.size(); at = batch->next++) {
        auto& [email, outcome, counted] = batch->deliveries[at];
        if (!outcome) outcome = co_await deliver(app, email);
        co_await boost::asio::post(app.executor, boost::asio::use_awaitable);  // let others run
    }
    if (--batch->running == 0) batch->ended.notify();
}

Task<> deliver_all(App& app, std::shared_ptr<Batch> batch) {
    batch->running = std::min(max_parallel, batch->deliveries.size());
    for (auto task = batch->running.load(); task > 0; --task)
        runtime::spawn(app.executor, "email delivery", [&app, batch] { return deliver_next(app, batch); });
    while (batch->running > 0) (void)co_await batch->ended.wait_for(lease);
}

void record(sql::Tx& tx, const Delivery& delivery) {
    const auto& email = delivery.email.email;
    const auto& [status, error] = delivery.outcome.value();
    switch (status) {
        case store::Status::sent:
            return store::mark_sent(tx, email);
        case store::Status::given_up:
            return store::give_up(tx, email, error);
        case store::Status::queued:
            store::postpone(tx, email, tx.now() + runtime::backoff(email.tries, max_delay), error);
            if (delivery.counted) security::uncount_attempt(tx, unconfirmed_limit, email.user_id.text);
    }
}

// Retried while the lease lasts: emails whose outcome is not recorded by then are sent again.
Task<> record_all(App& app, const Batch& batch, Instant until) {
    for (;;) {
        std::string failure;
        try {
            co_await app.db.write([&](sql::Tx& tx) {
                for (const auto& delivery : batch.deliveries) record(tx, delivery);
            });
            co_return;
        } catch (const std::exception& error) {
            failure = error.what();
        }
        if (app.delivery.stop_requested() || app.clock.now() + 2 * retry_delay >= until)
            throw std::runtime_error("outcomes of emails not recorded, so they may be sent again: " +
                                     failure);
        log::warning("cannot record outcomes of emails yet", {{"error", failure}});
        co_await app.delivery.pause(retry_delay);
    }
}

// Log and metrics. A server's reply may contain the address, so it stays in the row.
void report(const App& app, const Batch& batch) {
    std::int64_t sent = 0, postponed = 0;
    for (const auto& delivery : batch.deliveries) {
        const auto& email = delivery.email.email;
        auto status = delivery.outcome.value().status;
        if (status == store::Status::sent) ++sent;
        if (status == store::Status::queued) ++postponed;
        if (status != store::Status::given_up) continue;
        app.mails_given_up.add();
        log::warning(
            "email given up",
            {{"email_id", email.id}, {"kind", json::to_text(email.kind)}, {"attempts", email.tries}});
    }
    app.mails_sent.add(static_cast<double>(sent));
    app.mails_put_off.add(static_cast<double>(postponed));
    if (postponed > 0) log::info("emails postponed", {{"emails", postponed}});
}

struct Prepared {
    store::Claimed claimed;
    std::vector<Delivery> deliveries;
};

Prepared prepare_claim(sql::Tx& tx, Instant until, bool limited) {
    Prepared prepared{.claimed = store::claim(tx, max_claimed, until), .deliveries = {}};
    // Rate limits are rows, too: lock them in one order.
    std::ranges::sort(prepared.claimed.emails, {}, [](const Email& email) {
        return std::tie(email.user_id.text, email.created_at.milliseconds);
    });
    for (const auto& email : prepared.claimed.emails)
        prepared.deliveries.push_back(prepare(tx, email, limited));
    return prepared;
}

// Sends due emails, at most one claim; returns the claim.
Task<store::Claimed> deliver_some(App& app) {
    auto until = app.clock.now() + lease;
    auto prepared =
        co_await app.db.write([&](sql::Tx& tx) { return prepare_claim(tx, until, app.rate_limits); });
    if (prepared.deliveries.empty()) co_return std::move(prepared.claimed);
    auto batch = std::make_shared<Batch>(app.clock, std::move(prepared.deliveries));
    co_await deliver_all(app, batch);
    co_await record_all(app, *batch, until);
    report(app, *batch);
    co_return std::move(prepared.claimed);
}

}  // namespace

Task<std::optional<Instant>> deliver_emails(App& app) {
    store::Claimed claimed;
    do {
        claimed = co_await deliver_some(app);
    } while (claimed.emails.size() == max_claimed && !app.delivery.stop_requested());
    if (claimed.emails.empty()) co_return claimed.next_due;
    co_await app.delivery.pause(claim_interval);
    co_return app.clock.now();
}

}  // namespace stagedoor::notifications::workers
