#include "apps/simulate/plants.hpp"

#include <algorithm>
#include <limits>

#include "common/bus/envelope.hpp"
#include "common/events/outbox.hpp"
#include "common/sql/schema_migrations.hpp"
#include "common/sql/sqlite_group.hpp"

namespace stagedoor::simulate {
namespace {

struct Edit {
    std::string service;  // empty: every one
    std::string from, to;
};

// Some of what is said to the database is said otherwise: a program in which this statement was written wrong.
class EditedTx final : public sql::ScriptTx {
  public:
    EditedTx(sql::sqlite::Connection& connection, sql::Tx& real, const std::vector<Edit>& edits)
        : ScriptTx(real.now(), real.traceparent()), connection_(connection), real_(real), edits_(edits) {}

    void after_commit(std::function<void()> action) override { real_.after_commit(std::move(action)); }
    void nested(const std::function<void()>& part) override { real_.nested(part); }
    void run_script(std::string_view statements) override {
        dynamic_cast<sql::ScriptTx&>(real_).run_script(edited(statements));
    }

  protected:
    std::unique_ptr<sql::Rows> start(std::string_view statement,
                                     std::span<const sql::Parameter> parameters) override {
        return connection_.start(edited(statement), parameters);
    }

  private:
    [[nodiscard]] std::string edited(std::string_view statement) const {
        std::string text{statement};
        for (const auto& edit : edits_) {
            for (auto at = text.find(edit.from); at != std::string::npos;
                 at = text.find(edit.from, at + edit.to.size()))
                text.replace(at, edit.from.size(), edit.to);
        }
        return text;
    }

    sql::sqlite::Connection& connection_;
    sql::Tx& real_;
    const std::vector<Edit>& edits_;
};

void edit(Marketplace& marketplace, const std::vector<Edit>& all) {
    for (const auto& [name, server] : marketplace.databases()) {
        std::vector<Edit> own;
        std::ranges::copy_if(all, std::back_inserter(own),
                             [&](const Edit& each) { return each.service.empty() || each.service == name; });
        if (own.empty()) continue;
        server->between = [own](sql::sqlite::Connection& connection, const DatabaseServer::Work& work,
                                sql::Tx& tx) {
            EditedTx edited{connection, tx, own};
            work(edited);
        };
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

struct Plant {
    std::string name, meaning;
    std::function<void(Marketplace&)> plant;
};

const std::string cancel_guard =
    "AND (status = 'created' OR (status = 'awaiting:payment' AND leased_until <= $3))";

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
         [](Marketplace& marketplace) { marketplace.asking_provider.new_key_at_each_try = true; }},
        {"no-inbox", "an event that comes twice has its effect twice",
         edits({{"", "version = $3 - 1", "version >= $3 - 1"},
                {"", "SET version = 1 WHERE inbox.version = 0", "SET version = 1 WHERE inbox.version >= 0"},
                {"", "SELECT version FROM inbox WHERE entity = $1 AND entity_id = $2",
                 "SELECT version * 0 FROM inbox WHERE entity = $1 AND entity_id = $2"}})},
        {"gap-skipped", "an event is taken though those before it have not come",
         edits({{"", "version = $3 - 1", "version < $3"}})},
        {"hold-without-look",
         "tickets are held without looking, in the same statement, whether there are any left",
         edits({{"orders", "AND held + sold + $2 <= capacity", ""},
                {"orders", "stock_version BIGINT NOT NULL,\n    CHECK (held + sold <= capacity)",
                 "stock_version BIGINT NOT NULL"}})},
        {"edit-wins-over-holds", "a seller's edit sets the stock below what is held and sold",
         edits({{"orders", "CASE WHEN $9 > held + sold THEN $9 ELSE held + sold END", "$9"},
                {"orders", "stock_version BIGINT NOT NULL,\n    CHECK (held + sold <= capacity)",
                 "stock_version BIGINT NOT NULL"}})},
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
         edits({{"", "published_at >= $3 AND published_at < $4",
                 "published_at >= $3 AND published_at < $4 AND 1 = 0"},
                {"", "generation < (SELECT generation FROM outbox_stream)", "generation < 0"}})},
        {"key-taken-again", "a request repeated with its Idempotency-Key is done again",
         edits({{"", "idempotency_keys.created_at <= $6", "$6 = $6"}})},
        {"revocation-heard-by-one", "of the copies of a service, one hears that a session has ended",
         edits({{"", "FROM revoked_sessions WHERE noted_at >= $1",
                 "FROM revoked_sessions WHERE 1 = 0 AND noted_at >= $1"}})},
        {"timer-forgotten", "a hold that ran out is tidied up by nobody",
         edits({{"expiration", "fires_at <=", "0 * fires_at = 1 AND fires_at <="}})},
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

}  // namespace stagedoor::simulate
