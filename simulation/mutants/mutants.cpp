#include "simulation/mutants/mutants.hpp"

#include <algorithm>
#include <limits>

#include "common/bus/envelope.hpp"
#include "common/messaging/outbox.hpp"
#include "common/sql/sqlite/group.hpp"
#include "simulation/mutants/mutated.hpp"

namespace stagedoor::simulation {
namespace {

void edit(Marketplace& marketplace, const std::vector<Edit>& all) {
    for (const auto& [name, server] : marketplace.databases()) {
        std::vector<Edit> own;
        std::ranges::copy_if(all, std::back_inserter(own),
                             [&](const Edit& each) { return each.service.empty() || each.service == name; });
        if (own.empty()) continue;
        say_otherwise(*server, [own](std::string_view statement) { return edited(statement, own); });
    }
}

void publish_before_commit(Marketplace& marketplace) {
    for (const auto& service : {"auth", "tickets", "orders", "expiration", "payments"}) {
        marketplace.database(service).before_commit =
            [&marketplace, service, last = std::int64_t{0}](sql::sqlite::Connection& connection) mutable {
                sql::sqlite::SqliteTx tx{connection, {}, {}};
                if (!tx.find<std::int64_t>("SELECT 1 FROM sqlite_schema WHERE name = 'outbox_stream'"))
                    return;
                for (const auto& [position, event] :
                     outbox::read_after(tx, service, last, std::numeric_limits<int>::max())) {
                    last = position;
                    if (marketplace.nats.is_up())
                        marketplace.nats.store(event.type, event.id(), bus::to_envelope(event));
                }
            };
    }
}

const Edit without_resending_recent{"", "published_at >= $3 AND published_at < $4",
                                    "published_at >= $3 AND published_at < $4 AND 1 = 0"};
const std::string cancel_guard =
    "AND (status = 'created' OR (status = 'awaiting:payment' AND leased_until <= $3))";
const std::string stock_guard = "AND held + sold + $2 <= capacity";
const Edit without_check{"orders", "stock_version BIGINT NOT NULL,\n    CHECK (held + sold <= capacity)",
                         "stock_version BIGINT NOT NULL"};

void hold_in_two_transactions(Marketplace& marketplace) {
    auto step = std::make_shared<LookThenWrite::Step>();
    say_otherwise(marketplace.database("orders"), [step](std::string_view statement) {
        if (statement.find(stock_guard) == std::string_view::npos) return edited(statement, {without_check});
        step->has_looked = true;
        return step->writes ? edited(statement, {{{}, stock_guard, ""}}) : std::string{statement};
    });
    marketplace.wrap_database = [step](const std::string& name, std::unique_ptr<sql::Database> real) {
        return name == "orders" ? std::make_unique<LookThenWrite>(std::move(real), step) : std::move(real);
    };
}

// A timer belongs to the life of the copy that heard of it, and ends with it.
void expire_by_timer_only(Marketplace& marketplace) {
    edit(marketplace, {{"orders", "held_until <= $2", "held_until <= 0 * $2"}});
    auto speaker = std::make_shared<int>(0);
    say_otherwise(marketplace.database("expiration"), [speaker](std::string_view statement) {
        auto own = fmt::format("heard_by = {}", *speaker);
        return edited(
            statement,
            {{{}, "fires_at BIGINT NOT NULL", "fires_at BIGINT NOT NULL, heard_by BIGINT NOT NULL"},
             {{},
              "timers(order_id, fires_at) VALUES ($1, $2)",
              fmt::format("timers(order_id, fires_at, heard_by) VALUES ($1, $2, {})", *speaker)},
             {{}, "= excluded.fires_at", "= excluded.fires_at, " + own},
             {{}, "WHERE fires_at <=", "WHERE " + own + " AND fires_at <="},
             {{}, "SELECT min(fires_at) FROM timers", "SELECT min(fires_at) FROM timers WHERE " + own}});
    });
    marketplace.wrap_database = [speaker, lives = 0](const std::string& name,
                                                     std::unique_ptr<sql::Database> real) mutable {
        return name == "expiration" ? std::make_unique<Spoken>(std::move(real), speaker, ++lives)
                                    : std::move(real);
    };
}

void mark_before_confirmed(Marketplace& marketplace) {
    edit(marketplace, {without_resending_recent});
    marketplace.wrap_connection = [](std::unique_ptr<bus::NatsConnection> real) {
        return std::make_unique<HastyConnection>(std::move(real));
    };
}

struct Plant {
    std::string name, meaning;
    std::function<void(Marketplace&)> plant;
};

std::function<void(Marketplace&)> edits(std::vector<Edit> all) {
    return [all = std::move(all)](Marketplace& marketplace) { edit(marketplace, all); };
}

const std::vector<Plant>& all_plants() {
    static const std::vector<Plant> all{
        {"fsync-left-out", "databases answer before what they have written is safe",
         [](Marketplace& marketplace) {
             for (const auto& [name, server] : marketplace.databases()) server->disk().forgets_to_sync = true;
         }},
        {"ack-before-commit", "an event is acknowledged when it comes, not when its effect is committed",
         [](Marketplace& marketplace) { marketplace.nats.takes_delivery_for_acknowledgement = true; }},
        {"publish-before-commit",
         "events are published before the transaction that they tell of is committed", publish_before_commit},
        {"charge-with-new-key", "each try to charge is made with a new key",
         [](Marketplace& marketplace) { marketplace.provider_talk.new_key_at_each_try = true; }},
        {"given-up-without-a-word", "an attempt to pay is given up, and the provider isn't told",
         [](Marketplace& marketplace) { marketplace.provider_talk.gives_up_without_a_word = true; }},
        {"notice-unsigned", "a notice of the provider is believed, whoever has sent it",
         [](Marketplace& marketplace) { marketplace.provider_talk.believes_every_notice = true; }},
        {"no-inbox", "an event that comes twice has its effect twice",
         edits({{"", "version = $3 - 1", "version >= $3 - 1"},
                {"", "SET version = 1 WHERE inbox.version = 0", "SET version = 1 WHERE inbox.version >= 0"},
                {"", "SELECT version FROM inbox WHERE entity = $1 AND entity_id = $2",
                 "SELECT version * 0 FROM inbox WHERE entity = $1 AND entity_id = $2"}})},
        {"gap-skipped", "an event is taken though those before it have not come",
         edits({{"", "version = $3 - 1", "version < $3"}})},
        {"hold-in-two-transactions",
         "one transaction looks whether there are tickets left, and another holds them",
         hold_in_two_transactions},
        {"edit-wins-over-holds", "a seller's edit sets the stock below what is held and sold",
         edits({{"orders", "CASE WHEN $9 > held + sold THEN $9 ELSE held + sold END", "$9"}, without_check})},
        {"release-of-others", "an order is cancelled without looking whether it still holds its tickets",
         edits({{"orders", cancel_guard, ""}})},
        {"late-payment-revives", "a payment completes an order that is cancelled already",
         edits({{"orders", "WHERE id = $1 AND status = 'awaiting:payment' AND payment_id = $2)",
                 "WHERE id = $1)"},
                {"orders", "WHERE id = $1 AND status = 'awaiting:payment' AND payment_id = $2",
                 "WHERE id = $1 AND payment_id = $2"}})},
        {"refund-forgotten", "what was paid for an order that is cancelled is kept",
         edits({{"payments", "FROM payments WHERE order_id = $1 AND status = 'succeeded'",
                 "FROM payments WHERE order_id = $1 AND status = 'refused'"}})},
        {"nothing-sent-again", "what the bus has lost is not sent again",
         edits({without_resending_recent,
                {"", "generation < (SELECT generation FROM outbox_stream)", "generation < 0"}})},
        {"key-taken-again", "a request repeated with its Idempotency-Key is done again",
         edits({{"", "idempotency_keys.created_at <= $6", "$6 = $6"}})},
        {"revocation-heard-by-one", "of the copies of a service, one receives that a session has ended",
         edits({{"", "FROM revoked_sessions WHERE noted_at >= $1",
                 "FROM revoked_sessions WHERE 1 = 0 AND noted_at >= $1"}})},
        {"new-password-heard-by-one",
         "of the copies of a service, one receives that somebody has a new password",
         edits({{"", "FROM session_epochs WHERE noted_at >= $1",
                 "FROM session_epochs WHERE 1 = 0 AND noted_at >= $1"}})},
        {"expiry-by-timer-only",
         "a hold ends by a timer in the memory of the copy that heard of it, and by nothing else",
         expire_by_timer_only},
        {"marked-before-confirmed",
         "an event counts as published, and for good, once it is sent and before the bus has it",
         mark_before_confirmed},
    };
    return all;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> plants() {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& each : all_plants()) all.emplace_back(each.name, each.meaning);
    return all;
}

bool is_plant(std::string_view name) {
    return std::ranges::any_of(all_plants(), [&](const auto& each) { return each.name == name; });
}

void plant(Marketplace& marketplace, const std::string& name) {
    std::ranges::find(all_plants(), name, &Plant::name)->plant(marketplace);
}

}  // namespace stagedoor::simulation
