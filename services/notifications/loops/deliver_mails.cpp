#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/runtime/log.hpp"
#include "services/notifications/loops/loops.hpp"
#include "services/notifications/message.hpp"

namespace stagedoor::notifications::loops {
namespace {

constexpr std::int64_t mails_of_a_claim = 64;
constexpr std::size_t lanes = 8;  // that deliver at the same time
// Longer than all lanes take when every letter needs its whole time; then another copy may try.
constexpr std::chrono::minutes lease{5};
// Mails are in no hurry: those of a busy moment share their transactions.
constexpr std::chrono::milliseconds between_claims{100};
constexpr std::chrono::seconds between_looks{10}, after_trouble{1};

constexpr std::chrono::milliseconds shortest_delay = std::chrono::seconds{1},
                                    longest_delay = std::chrono::hours{1};
// How long a mail waits for an address or a listing that it tells of.
constexpr std::chrono::days to_become_known{1};
constexpr std::chrono::days to_be_delivered{3};

struct Outcome {
    store::Status status = store::Status::queued;  // still: it is put off
    std::string error;
};

// One claim on its way, shared by its lanes.
struct Batch {
    Batch(runtime::Clock& clock, std::vector<store::OpenMail> all)
        : mails(std::move(all)), outcomes(mails.size()), ended(clock) {}

    std::vector<store::OpenMail> mails;
    std::vector<Outcome> outcomes;
    std::atomic<std::size_t> next = 0, lanes_open = 0;
    runtime::Signal ended;
};

std::chrono::milliseconds delay_after(std::int64_t tries) {
    auto doublings = std::min<std::int64_t>(tries - 1, 20);
    return std::min(shortest_delay * (std::int64_t{1} << doublings), longest_delay);
}

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
    if (!is_address(mail.person->email)) return Outcome{given_up, "the address is none"};
    if (!mail.all_listings && !waited_enough) return Outcome{queued, "a listing in it is not known"};
    return std::nullopt;
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
    if (auto decided = without_delivery(mail, app.clock.now())) co_return std::move(*decided);
    auto status = app.clock.now() - mail.mail.created_at >= to_be_delivered ? given_up : queued;
    std::string error;
    try {
        co_await app.mailer->deliver(mail.mail.id, app.writer.letter(mail));
        status = sent;
    } catch (const outbound::LetterRefused& refused) {
        if (refused.for_good) status = given_up;
        error = kept_words(refused.what());
    } catch (const std::exception& failed) {
        error = kept_words(failed.what());
    }
    co_return Outcome{status, std::move(error)};
}

Task<> run_lane(App& app, std::shared_ptr<Batch> batch) {
    for (auto at = batch->next++; at < batch->mails.size(); at = batch->next++) {
        batch->outcomes[at] = co_await deliver(app, batch->mails[at]);
        co_await boost::asio::post(app.executor, boost::asio::use_awaitable);  // others have a turn
    }
    if (--batch->lanes_open == 0) batch->ended.notify();
}

Task<> deliver_all(App& app, std::shared_ptr<Batch> batch) {
    batch->lanes_open = std::min(lanes, batch->mails.size());
    for (auto lane = batch->lanes_open.load(); lane > 0; --lane)
        runtime::spawn(app.executor, "notifications lane", [&app, batch] { return run_lane(app, batch); });
    while (batch->lanes_open > 0) (void)co_await batch->ended.wait_for(lease);
}

void note(sql::Tx& tx, const Mail& mail, const Outcome& outcome) {
    switch (outcome.status) {
        case store::Status::sent:
            return store::mark_sent(tx, mail);
        case store::Status::given_up:
            return store::give_up(tx, mail, outcome.error);
        case store::Status::queued:
            return store::put_off(tx, mail, tx.now() + delay_after(mail.tries), outcome.error);
    }
}

// For the log and the metrics: what a server says may hold the address, so it stays in the row.
void tell(const App& app, const Batch& batch) {
    std::int64_t sent = 0, put_off = 0;
    for (std::size_t i = 0; i < batch.mails.size(); ++i) {
        const auto& mail = batch.mails[i].mail;
        if (batch.outcomes[i].status == store::Status::sent) ++sent;
        if (batch.outcomes[i].status == store::Status::queued) ++put_off;
        if (batch.outcomes[i].status != store::Status::given_up) continue;
        app.mails_given_up.add();
        log::warning("a mail was given up",
                     {{"mail", mail.id}, {"kind", json::to_text(mail.kind)}, {"tries", mail.tries}});
    }
    app.mails_sent.add(static_cast<double>(sent));
    app.mails_put_off.add(static_cast<double>(put_off));
    if (put_off > 0) log::info("mails wait for another try", {{"mails", put_off}});
}

Task<std::vector<store::OpenMail>> open_all(App& app, const std::vector<Mail>& mails) {
    co_return co_await app.db.read([&](sql::Tx& tx) {
        std::vector<store::OpenMail> opened;
        for (const auto& mail : mails) opened.push_back(store::open(tx, mail));
        return opened;
    });
}

// Sends what is due, at most one claim of it; what the claim was.
Task<store::Claimed> deliver_some(App& app) {
    auto until = app.clock.now() + lease;
    auto claimed =
        co_await app.db.write([&](sql::Tx& tx) { return store::claim(tx, mails_of_a_claim, until); });
    if (claimed.mails.empty()) co_return claimed;
    auto batch = std::make_shared<Batch>(app.clock, co_await open_all(app, claimed.mails));
    co_await deliver_all(app, batch);
    co_await app.db.write([&](sql::Tx& tx) {
        for (std::size_t i = 0; i < batch->mails.size(); ++i)
            note(tx, batch->mails[i].mail, batch->outcomes[i]);
    });
    tell(app, *batch);
    co_return claimed;
}

}  // namespace

Task<> deliver_mails(App& app, Stopping& stopping) {
    stopping.on_request([&app] {
        app.queued.notify();
        app.rest.notify();
    });
    while (!stopping.requested()) {
        auto next = app.clock.now() + after_trouble;
        std::size_t claimed_mails = 0;
        try {
            auto claimed = co_await deliver_some(app);
            claimed_mails = claimed.mails.size();
            next = app.clock.now() + between_looks;
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

}  // namespace stagedoor::notifications::loops
