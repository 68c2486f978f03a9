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

constexpr std::int64_t mails_of_a_claim = 64;
constexpr std::size_t lanes = 8;  // that deliver at the same time
constexpr std::chrono::seconds time_for_a_letter{20};
// Then another copy may try. Of it the lanes take little more than half when every letter needs its whole time; the
// rest is for noting what became of them.
constexpr std::chrono::minutes lease{5};
static_assert(mails_of_a_claim / lanes * time_for_a_letter <= lease * 6 / 10);
// Mails are in no hurry: those of a busy moment share their transactions.
constexpr std::chrono::milliseconds between_claims{100};
constexpr std::chrono::seconds poll_interval{10}, after_trouble{1};

constexpr std::chrono::hours longest_delay{1};
// How long a mail waits for an address or a listing that it tells of.
constexpr std::chrono::days to_become_known{1};
constexpr std::chrono::days to_be_delivered{3};

// Anybody may sign up with anybody's address, and make the marketplace write to it.
constexpr security::RateLimit to_unconfirmed{
    .name = "mail to an unconfirmed address", .most = 10, .window = std::chrono::days{1}};

struct Outcome {
    store::Status status = store::Status::queued;  // still: it is put off
    std::string error;
};

struct Delivery {
    store::OpenMail mail;
    std::optional<Outcome> outcome;  // none: it is to be delivered
    bool counted = false;            // by `to_unconfirmed`
};

// One claim on its way, shared by its lanes.
struct Batch {
    Batch(runtime::Clock& clock, std::vector<Delivery> all) : deliveries(std::move(all)), ended(clock) {}

    std::vector<Delivery> deliveries;
    std::atomic<std::size_t> next = 0, lanes_open = 0;
    runtime::AsyncEvent ended;
};

// What is to be done with a mail without trying to deliver it.
std::optional<Outcome> without_delivery(const store::OpenMail& mail, Instant now) {
    using enum store::Status;
    auto waited_enough = now - mail.mail.created_at >= to_become_known;
    if (std::holds_alternative<std::monostate>(mail.matter))
        return Outcome{given_up, "what it tells of can't be read"};
    if (const auto* link = std::get_if<contracts::LinkIssued>(&mail.matter)) {
        if (link->expires_at <= now) return Outcome{given_up, "the link has run out"};
        auto confirmed = mail.person && mail.person->confirmed && mail.person->email == link->email;
        if (mail.mail.kind == Kind::confirm_email && confirmed)
            return Outcome{given_up, "the address is confirmed"};
    }
    if (!mail.person) return Outcome{waited_enough ? given_up : queued, "nobody has told the address"};
    if (!outbound::is_mail_address(mail.person->email)) return Outcome{given_up, "the address is none"};
    if (!mail.all_listings && !waited_enough) return Outcome{queued, "a listing in it is not known"};
    return std::nullopt;
}

// Whether it is of a kind that strangers cause without paying, to an address that nobody has confirmed.
bool may_be_unwanted(const store::OpenMail& mail) {
    auto kind = mail.mail.kind;
    return !mail.person->confirmed &&
           (kind == Kind::ran_out || kind == Kind::called_off || kind == Kind::sold);
}

bool is_within_limit(sql::Tx& tx, const UserId& user) {
    try {
        security::count_try(tx, to_unconfirmed, user.text);
        return true;
    } catch (const TooManyRequests&) {
        security::take_back_try(tx, to_unconfirmed, user.text);  // what does not go out takes no place
        return false;
    }
}

// Counts it where it counts, before it goes out: so the limit holds over all copies.
Delivery prepare(sql::Tx& tx, const Mail& mail, bool limited) {
    Delivery delivery{.mail = store::open(tx, mail), .outcome = {}};
    delivery.outcome = without_delivery(delivery.mail, tx.now());
    if (delivery.outcome || !limited || !may_be_unwanted(delivery.mail)) return delivery;
    delivery.counted = is_within_limit(tx, mail.user_id);
    if (!delivery.counted)
        delivery.outcome = {store::Status::given_up, "too many mails to an address that is not confirmed"};
    return delivery;
}

// What a server or the system said, fit for a row whatever it holds.
std::string kept_words(std::string_view said) {
    constexpr std::size_t most = 500;
    std::string words{said.substr(0, most)};
    std::ranges::replace_if(words, [](char c) { return c < ' ' || c > '~'; }, '?');
    return words;
}

Task<Outcome> deliver(App& app, const store::OpenMail& mail) {
    using enum store::Status;
    auto status = app.clock.now() - mail.mail.created_at >= to_be_delivered ? given_up : queued;
    std::string error;
    try {
        auto letter = app.writer.letter(mail);
        letter.limit = time_for_a_letter;
        co_await app.mailer->deliver(mail.mail.id, std::move(letter));
        status = sent;
    } catch (const outbound::EmailRejected& refused) {
        if (refused.for_good) status = given_up;
        error = kept_words(refused.what());
    } catch (const std::exception& failed) {
        error = kept_words(failed.what());
    }
    co_return Outcome{status, std::move(error)};
}

Task<> run_lane(App& app, std::shared_ptr<Batch> batch) {
    for (auto at = batch->next++; at < batch->deliveries.size(); at = batch->next++) {
        auto& [mail, outcome, counted] = batch->deliveries[at];
        if (!outcome) outcome = co_await deliver(app, mail);
        co_await boost::asio::post(app.executor, boost::asio::use_awaitable);  // others have a turn
    }
    if (--batch->lanes_open == 0) batch->ended.notify();
}

Task<> deliver_all(App& app, std::shared_ptr<Batch> batch) {
    batch->lanes_open = std::min(lanes, batch->deliveries.size());
    for (auto lane = batch->lanes_open.load(); lane > 0; --lane)
        runtime::spawn(app.executor, "notifications lane", [&app, batch] { return run_lane(app, batch); });
    while (batch->lanes_open > 0) (void)co_await batch->ended.wait_for(lease);
}

void note(sql::Tx& tx, const Delivery& delivery) {
    const auto& mail = delivery.mail.mail;
    const auto& [status, error] = delivery.outcome.value();
    switch (status) {
        case store::Status::sent:
            return store::mark_sent(tx, mail);
        case store::Status::given_up:
            return store::give_up(tx, mail, error);
        case store::Status::queued:
            store::put_off(tx, mail, tx.now() + runtime::backoff(mail.tries, longest_delay), error);
            if (delivery.counted) security::take_back_try(tx, to_unconfirmed, mail.user_id.text);
    }
}

// Tried again while the lease lasts: what is not noted then is sent once more.
Task<> note_all(App& app, const StopSignal& stopping, const Batch& batch, Instant until) {
    for (;;) {
        std::string failure;
        try {
            co_await app.db.write([&](sql::Tx& tx) {
                for (const auto& delivery : batch.deliveries) note(tx, delivery);
            });
            co_return;
        } catch (const std::exception& error) {
            failure = error.what();
        }
        if (stopping.requested() || app.clock.now() + 2 * after_trouble >= until)
            throw std::runtime_error("what became of mails is not noted, so they may be sent again: " +
                                     failure);
        log::warning("what became of mails is not noted yet", {{"error", failure}});
        (void)co_await app.rest.wait_for(after_trouble);
    }
}

// For the log and the metrics: what a server says may hold the address, so it stays in the row.
void tell(const App& app, const Batch& batch) {
    std::int64_t sent = 0, put_off = 0;
    for (const auto& delivery : batch.deliveries) {
        const auto& mail = delivery.mail.mail;
        auto status = delivery.outcome.value().status;
        if (status == store::Status::sent) ++sent;
        if (status == store::Status::queued) ++put_off;
        if (status != store::Status::given_up) continue;
        app.mails_given_up.add();
        log::warning("a mail was given up",
                     {{"mail", mail.id}, {"kind", json::to_text(mail.kind)}, {"tries", mail.tries}});
    }
    app.mails_sent.add(static_cast<double>(sent));
    app.mails_put_off.add(static_cast<double>(put_off));
    if (put_off > 0) log::info("mails wait for another try", {{"mails", put_off}});
}

struct Begun {
    store::Claimed claimed;
    std::vector<Delivery> deliveries;
};

Begun begin(sql::Tx& tx, Instant until, bool limited) {
    Begun begun{.claimed = store::claim(tx, mails_of_a_claim, until), .deliveries = {}};
    // Limits are rows, too, and locked in one order.
    std::ranges::sort(begun.claimed.mails, {}, [](const Mail& mail) {
        return std::tie(mail.user_id.text, mail.created_at.milliseconds);
    });
    for (const auto& mail : begun.claimed.mails) begun.deliveries.push_back(prepare(tx, mail, limited));
    return begun;
}

// Sends what is due, at most one claim of it; what the claim was.
Task<store::Claimed> deliver_some(App& app, const StopSignal& stopping) {
    auto until = app.clock.now() + lease;
    auto begun =
        co_await app.db.write([&](sql::Tx& tx) { return begin(tx, until, app.settings.rate_limits); });
    if (begun.deliveries.empty()) co_return std::move(begun.claimed);
    auto batch = std::make_shared<Batch>(app.clock, std::move(begun.deliveries));
    co_await deliver_all(app, batch);
    co_await note_all(app, stopping, *batch, until);
    tell(app, *batch);
    co_return std::move(begun.claimed);
}

}  // namespace

Task<> deliver_mails(App& app, StopSignal& stopping) {
    stopping.on_request([&app] {
        app.queued.notify();
        app.rest.notify();
    });
    while (!stopping.requested()) {
        auto next = app.clock.now() + after_trouble;
        std::size_t claimed_mails = 0;
        try {
            auto claimed = co_await deliver_some(app, stopping);
            claimed_mails = claimed.mails.size();
            next = app.clock.now() + poll_interval;
            if (claimed.next_due) next = std::min(next, *claimed.next_due);
        } catch (const std::exception& error) {
            log::error("mails could not be sent", {{"error", error.what()}});
        }
        if (stopping.requested() || claimed_mails == mails_of_a_claim) continue;
        if (claimed_mails > 0)
            (void)co_await app.rest.wait_for(between_claims);
        else
            (void)co_await app.queued.wait_until(next);
    }
}

}  // namespace stagedoor::notifications::workers
