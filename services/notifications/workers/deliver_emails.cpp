// Sends queued emails: claims due ones by lease, delivers them in parallel, records the outcomes. None waits
// for another: a mail server may take minutes to greet.
#include <algorithm>

#include "common/outbound/address.hpp"
#include "common/runtime/backoff.hpp"
#include "common/runtime/log.hpp"
#include "services/notifications/workers/workers.hpp"

namespace stagedoor::notifications::workers {
namespace {

// Then another replica may try. Extended every minute while the delivery lasts.
constexpr std::chrono::minutes lease{5};
constexpr std::chrono::seconds retry_delay{1};

constexpr std::chrono::hours max_delay{1};
// How long an email waits for an unknown address or listing.
constexpr std::chrono::days unknown_timeout{1};
constexpr std::chrono::days delivery_deadline{3};

struct Outcome {
    store::Status status = store::Status::queued;  // queued: postponed
    std::string error;
    store::Reply reply = {};
};

struct Delivery {
    store::ResolvedEmail email;
    std::optional<Outcome> outcome;  // nullopt: to be delivered
};

// The outcome of an email that can't or need not be delivered (yet).
std::optional<Outcome> without_delivery(const store::ResolvedEmail& email, Instant now, bool reaches_people) {
    using enum store::Status;
    auto age = now - email.email.created_at;
    auto timed_out = age >= unknown_timeout;
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
    // Anybody can sign up with somebody else's address.
    auto is_link = std::holds_alternative<contracts::LinkIssued>(email.payload);
    if (reaches_people && !is_link && !email.recipient->confirmed)
        return Outcome{age >= delivery_deadline ? given_up : queued, std::string{store::not_confirmed}};
    if (!email.all_listings && !timed_out) return Outcome{queued, "a listing in it is not known"};
    return std::nullopt;
}

// Printable ASCII, at most 500 bytes: a server may reply anything.
std::string to_row_text(std::string_view error) {
    constexpr std::size_t max_size = 500;
    std::string text{error.substr(0, max_size)};
    std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
    return text;
}

// Its lines as one.
store::Reply to_reply(std::string text) {
    if (text.empty()) return std::nullopt;
    std::ranges::replace(text, '\n', ' ');
    return to_row_text(text);
}

Task<Outcome> deliver(App& app, const store::ResolvedEmail& email) {
    using enum store::Status;
    auto status = app.clock.now() - email.email.created_at >= delivery_deadline ? given_up : queued;
    try {
        auto reply = co_await app.mailer->deliver(email.email.id, app.writer.message(email));
        co_return Outcome{.status = sent, .error = {}, .reply = to_reply(std::move(reply))};
    } catch (const outbound::EmailRejected& rejected) {
        if (rejected.permanent) status = given_up;
        co_return Outcome{status, to_row_text(rejected.what()), to_reply(rejected.reply)};
    } catch (const std::exception& failure) {
        co_return Outcome{status, to_row_text(failure.what())};
    }
}

// Returns when a postponed email is due again.
std::optional<Instant> record(sql::Tx& tx, const Delivery& delivery) {
    const auto& email = delivery.email.email;
    const auto& [status, error, reply] = delivery.outcome.value();
    if (status == store::Status::sent) {
        store::mark_sent(tx, email, reply);
    } else if (status == store::Status::given_up) {
        store::give_up(tx, email, error, reply);
    } else {
        auto due_at = tx.now() + runtime::backoff(email.tries, max_delay);
        store::postpone(tx, email, due_at, error, reply);
        return due_at;
    }
    return std::nullopt;
}

// Retried for as long as a lease: an email whose outcome is not recorded is sent again.
Task<bool> record_in_time(App& app, const Delivery& delivery) {
    auto until = app.clock.now() + lease;
    for (;;) {
        std::string failure;
        try {
            auto due_at = co_await app.db.write(
                [&](sql::Tx& tx) { return record(tx, delivery); },
                {.hot_rows = {"email " + delivery.email.email.id}});  // so that several share a commit
            if (due_at) app.delivery.due_at(*due_at);
            co_return true;
        } catch (const std::exception& error) {
            failure = error.what();
        }
        if (app.delivery.stop_requested() || app.clock.now() + 2 * retry_delay >= until) {
            log::error("outcome of an email not recorded, so it may be sent again",
                       {{"email_id", delivery.email.email.id}, {"error", failure}});
            co_return false;
        }
        log::warning("cannot record the outcome of an email yet", {{"error", failure}});
        co_await runtime::sleep_for(app.clock, retry_delay);
    }
}

// Log and metrics. A server's reply may contain the address, so it stays in the row.
void report(const App& app, const Delivery& delivery) {
    const auto& email = delivery.email.email;
    switch (delivery.outcome.value().status) {
        case store::Status::sent:
            return app.mails_sent.add();
        case store::Status::queued:
            return app.mails_put_off.add();
        case store::Status::given_up:
            app.mails_given_up.add();
            log::warning(
                "email given up",
                {{"email_id", email.id}, {"kind", json::to_text(email.kind)}, {"attempts", email.tries}});
    }
}

Task<> deliver_one(App& app, std::shared_ptr<Delivery> delivery) {
    if (!delivery->outcome) delivery->outcome = co_await deliver(app, delivery->email);
    auto recorded = co_await record_in_time(app, *delivery);
    app.in_progress.remove(delivery->email.email.id);
    if (recorded) report(app, *delivery);
}

struct Prepared {
    store::Claimed claimed;
    std::vector<Delivery> deliveries;
};

Prepared prepare_claim(sql::Tx& tx, int max_emails, Instant until, bool reaches_people) {
    Prepared prepared{.claimed = store::claim(tx, max_emails, until), .deliveries = {}};
    for (const auto& email : prepared.claimed.emails) {
        auto& delivery = prepared.deliveries.emplace_back(Delivery{.email = store::resolve(tx, email)});
        delivery.outcome = without_delivery(delivery.email, tx.now(), reaches_people);
    }
    return prepared;
}

}  // namespace

Task<std::optional<Instant>> claim_emails(App& app, int max_emails) {
    auto until = app.clock.now() + lease;
    auto prepared = co_await app.db.write(
        [&](sql::Tx& tx) { return prepare_claim(tx, max_emails, until, app.mailer->reaches_people()); });
    for (auto& each : prepared.deliveries) {
        app.in_progress.add(each.email.email, until);
        auto delivery = std::make_shared<Delivery>(std::move(each));
        app.delivery.start([&app, delivery] { return deliver_one(app, delivery); });
    }
    if (std::cmp_equal(prepared.claimed.emails.size(), max_emails)) co_return app.clock.now();
    co_return prepared.claimed.next_due;
}

Task<std::optional<Instant>> extend_leases(App& app) {
    auto all = app.in_progress.all();
    auto until = app.clock.now() + lease;
    if (all.empty()) co_return std::nullopt;
    co_await app.db.write([&](sql::Tx& tx) {
        for (const auto& [email, end] : all) store::extend_lease(tx, email, end, until);
    });
    for (const auto& [email, end] : all) app.in_progress.extend(email.id, until);
    co_return std::nullopt;
}

}  // namespace stagedoor::notifications::workers
