#include "common/messaging/inbox.hpp"

#include <algorithm>
#include <tuple>

#include "common/runtime/backoff.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/mutation.hpp"

namespace stagedoor::messaging {

struct ParkedRow {
    std::int64_t version = 0;
    std::string source, type;
    Instant time;
    std::string traceparent, data;
    std::int64_t tries = 0;
    std::string entity, entity_id;

    [[nodiscard]] Event event() const { return {type, source, entity_id, version, time, traceparent, data}; }
};
BOOST_DESCRIBE_STRUCT(ParkedRow, (),
                      (version, source, type, time, traceparent, data, tries, entity, entity_id))

namespace {

constexpr std::int64_t max_tries = 10;  // with backoff 8.5 minutes: then it is a bug, not a passing failure
constexpr int max_retry_batch = 100;
constexpr std::int64_t max_counted = 10'000;  // so that measuring a long backlog stays cheap

constexpr std::chrono::minutes max_retry_delay{5};  // not reached: the last of max_tries comes after 256 s

constexpr std::string_view claim_next =
    "UPDATE inbox SET version = $3 WHERE entity = $1 AND entity_id = $2 AND version = $3 - 1";
constexpr std::string_view claim_despite_gap =  // for the mutant gap-skipped
    "UPDATE inbox SET version = $3 WHERE entity = $1 AND entity_id = $2 AND version < $3";

constexpr std::string_view parked_columns =
    "version, source, type, time, traceparent, data, tries, entity, entity_id";

// Advances the entity to `version` if that is the next one, and locks its row until the transaction ends. The
// predicate decides, so that only one of two replicas succeeds.
bool claim(sql::Tx& tx, std::string_view entity, std::string_view entity_id, std::int64_t version) {
    if (version == 1) {
        return tx.execute(
                     "INSERT INTO inbox(entity, entity_id, version) VALUES ($1, $2, 1)"
                     " ON CONFLICT (entity, entity_id) DO UPDATE SET version = 1 WHERE inbox.version = 0",
                     entity, entity_id)
                   .rows == 1;
    }
    return tx.execute(runtime::mutated(Mutation::gap_skipped) ? claim_despite_gap : claim_next, entity,
                      entity_id, version)
               .rows == 1;
}

// True is final, since versions never decrease; false may be outdated by the time it is returned.
bool is_known(sql::Tx& tx, std::string_view entity, std::string_view entity_id, std::int64_t version) {
    auto known = tx.find<std::int64_t>("SELECT version FROM inbox WHERE entity = $1 AND entity_id = $2",
                                       entity, entity_id);
    return known.value_or(0) >= version;
}

// Waits for the entity's row lock, holds it until the transaction ends, and returns the entity's version.
std::int64_t lock_entity(sql::Tx& tx, std::string_view entity, std::string_view entity_id) {
    return tx
        .find<std::int64_t>(
            "INSERT INTO inbox(entity, entity_id, version) VALUES ($1, $2, 0)"
            " ON CONFLICT (entity, entity_id) DO UPDATE SET version = inbox.version RETURNING version",
            entity, entity_id)
        .value();
}

// The same without waiting. False if another replica holds the lock.
bool lock_entity_if_free(sql::Tx& tx, std::string_view entity, std::string_view entity_id) {
    tx.execute("INSERT INTO inbox(entity, entity_id, version) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING",
               entity, entity_id);
    return tx
        .find<std::int64_t>(
            "SELECT version FROM inbox WHERE entity = $1 AND entity_id = $2 FOR UPDATE SKIP LOCKED", entity,
            entity_id)
        .has_value();
}

void remove_parked(sql::Tx& tx, std::string_view entity, std::string_view entity_id, std::int64_t version) {
    tx.execute("DELETE FROM parked WHERE entity = $1 AND entity_id = $2 AND version = $3", entity, entity_id,
               version);
}

}  // namespace

Inbox::Unreadable::Unreadable(const Problems& problems)
    : std::runtime_error(problems.front().field + " " + problems.front().message) {}

Inbox::Inbox(std::string service, sql::Database& db, runtime::Clock& clock, runtime::Metrics& metrics,
             ReadYourWrites& read_your_writes)
    : service_(std::move(service)),
      db_(db),
      clock_(clock),
      read_your_writes_(read_your_writes),
      delivery_seconds_(metrics.histogram("stagedoor_event_delivery_seconds",
                                          "From the event's transaction to the commit of its effect here",
                                          {{"service", service_}})),
      received_(
          metrics.counter("stagedoor_events_received_total", "Events received", {{"service", service_}})),
      parked_(metrics.counter("stagedoor_events_parked_total", "Events that came early or failed",
                              {{"service", service_}})),
      dead_(metrics.counter("stagedoor_events_dead_total", "Events that became dead letters",
                            {{"service", service_}})),
      parked_now_(metrics.gauge("stagedoor_parked_events",
                                "Events that wait for their turn or a retry, up to 10000",
                                {{"service", service_}})),
      dead_now_(metrics.gauge("stagedoor_dead_letters", "Dead letters, each blocking its entity, up to 10000",
                              {{"service", service_}})) {}

void Inbox::add_handler(std::string subject, const std::string& source, Handler handler) {
    subscriptions_[source].insert(std::string{contracts::entity_of(subject)});
    handlers_[std::move(subject)] = std::move(handler);
}

// A transaction that has to be retried has most likely deadlocked with one of another replica, which locks
// the same rows in a different order. After that, each event gets its own transaction, so that none holds a
// lock while it waits for another.
Task<> Inbox::receive(std::vector<Event> events, std::optional<Position> position) {
    int runs = 0;
    for (std::span<const Event> remaining{events}; !remaining.empty() || position;) {
        std::span<const Event> batch;
        co_await db_.write([&, this](sql::Tx& tx) {
            batch = ++runs == 1 ? remaining : remaining.first(std::min<std::size_t>(remaining.size(), 1));
            receive_batch(tx, batch);
            if (position && batch.size() == remaining.size()) {
                tx.execute(
                    "INSERT INTO bus_positions(source, position) VALUES ($1, $2)"
                    " ON CONFLICT (source) DO UPDATE SET position = excluded.position",
                    position->source, position->value);
            }
            tx.set_traceparent({});
        });
        remaining = remaining.subspan(batch.size());
        if (remaining.empty()) break;
    }
    auto now = clock_.now();
    received_.add(static_cast<double>(events.size()));
    for (const auto& event : events) {
        delivery_seconds_.observe(static_cast<double>((now - event.time).count()) / 1000.0);
        read_your_writes_.event_applied(event.entity_id);
    }
}

void Inbox::receive_batch(sql::Tx& tx, std::span<const Event> events) {
    try {
        tx.nested([&] {
            for (const auto& event : events) receive_one(tx, event);
        });
    } catch (const sql::DatabaseError&) {
        throw;
    } catch (...) {
        receive_each(tx, events);  // one of them failed: apply them again, with a savepoint for each
    }
}

void Inbox::receive_each(sql::Tx& tx, std::span<const Event> events) {
    for (const auto& event : events) {
        if (auto failure = try_apply(tx, event)) park_failed(tx, event, *failure, 0);
    }
}

// Returns nullopt if the event was applied, parked as early or dropped as known; else why it failed. The
// changes of a failed event are rolled back.
std::optional<Inbox::Failure> Inbox::try_apply(sql::Tx& tx, const Event& event) {
    try {
        tx.nested([&] { receive_one(tx, event); });
        return std::nullopt;
    } catch (const sql::DatabaseError&) {
        throw;  // not the event's fault: nothing is recorded, and the bus delivers it again
    } catch (const NotBefore& early) {
        return Failure{"not due yet", early.time};
    } catch (const Unreadable& error) {
        return Failure{.error = error.what(), .not_before = std::nullopt, .unreadable = true};
    } catch (const std::exception& error) {
        return Failure{error.what(), std::nullopt};
    }
}

// Whether an event that can't be claimed is early or known is decided under the entity's lock: another
// replica may be filling the gap right now, and would not see the event parked here.
void Inbox::receive_one(sql::Tx& tx, const Event& event) {
    auto entity = event.entity();
    if (!claim(tx, entity, event.entity_id, event.version)) {
        if (is_known(tx, entity, event.entity_id, event.version)) {
            if (runtime::mutated(Mutation::duplicates_applied)) apply(tx, event);
            return;
        }
        auto version = lock_entity(tx, entity, event.entity_id);
        if (version >= event.version) return;
        if (version < event.version - 1) return park(tx, event, std::nullopt, 0);
        if (!claim(tx, entity, event.entity_id, event.version))
            throw std::logic_error("the version of a locked entity has changed");
    }
    apply(tx, event);
    apply_successors(tx, std::move(entity), event.entity_id, event.version);
}

// The rollback has also released the entity's lock, so another replica may have applied the event since.
void Inbox::park_failed(sql::Tx& tx, const Event& event, const Failure& failure, std::int64_t tries) {
    auto entity = event.entity();
    if (lock_entity(tx, entity, event.entity_id) < event.version)
        park(tx, event, failure, tries);
    else
        remove_parked(tx, entity, event.entity_id, event.version);
}

void Inbox::apply(sql::Tx& tx, const Event& event) {
    auto handler = handlers_.find(event.type);
    if (handler == handlers_.end()) return;  // the event only advances the version
    tx.set_traceparent(event.traceparent);
    handler->second(tx, event);
}

// Removes parked events up to `version` and applies those that follow it without a gap. A successor that
// fails stays parked and does not roll back its predecessor.
void Inbox::apply_successors(sql::Tx& tx, std::string entity, std::string entity_id, std::int64_t version) {
    for (;;) {
        auto waiting =
            tx.query<ParkedRow>("SELECT " + std::string{parked_columns} +
                                    " FROM parked WHERE entity = $1 AND entity_id = $2 AND version <= $3"
                                    " ORDER BY version",
                                entity, entity_id, version + 1);
        const ParkedRow* next = nullptr;
        for (const auto& row : waiting) {
            if (row.version <= version) {
                remove_parked(tx, entity, entity_id, row.version);
            } else if (row.version == version + 1) {
                next = &row;
            }
        }
        if (!next) return;
        auto event = next->event();
        try {
            tx.nested([&] {
                if (claim(tx, entity, entity_id, event.version)) apply(tx, event);
            });
        } catch (const sql::DatabaseError&) {
            throw;
        } catch (...) {  // the failure is recorded at its next attempt, which is due now
            tx.execute("UPDATE parked SET due_at = $4 WHERE entity = $1 AND entity_id = $2 AND version = $3",
                       entity, entity_id, event.version, tx.now());
            tx.notify(parked_channel);
            return;
        }
        ++version;
    }
}

// Parks an event that came early (no failure; it waits for the gap to be filled) or that failed after `tries`
// earlier failures. A parked event that is merely delivered again keeps its number of tries.
void Inbox::park(sql::Tx& tx, const Event& event, const std::optional<Failure>& failure, std::int64_t tries) {
    std::optional<Instant> due;
    std::string error;
    bool dead = false;
    if (failure) {
        error = failure->error;
        if (!failure->not_before) ++tries;
        dead = failure->unreadable || tries >= max_tries;
        if (!dead)
            due = failure->not_before ? *failure->not_before
                                      : tx.now() + runtime::backoff(tries, max_retry_delay);
    }
    auto inserted = tx.execute(
        "INSERT INTO parked(entity, entity_id, version, source, type, time, traceparent, data, tries, "
        "due_at, error, dead)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        " ON CONFLICT (entity, entity_id, version) DO UPDATE"
        " SET tries = excluded.tries, due_at = excluded.due_at, error = excluded.error, dead = excluded.dead"
        " WHERE parked.dead = 0 AND excluded.error <> '' AND excluded.tries >= parked.tries",
        event.entity(), event.entity_id, event.version, event.source, event.type, event.time,
        event.traceparent, event.data, tries, due, error, dead);
    if (inserted.rows == 0) return;
    tx.notify(parked_channel);
    tx.after_commit([this, dead, id = event.id(), error] {
        parked_.add();
        if (!dead) return;
        dead_.add();
        log::error("an event became a dead letter", {{"service", service_}, {"event", id}, {"error", error}});
    });
}

Task<std::int64_t> Inbox::position(std::string source) {
    co_return co_await db_.read([&source](sql::Tx& tx) {
        return tx.find<std::int64_t>("SELECT position FROM bus_positions WHERE source = $1", source)
            .value_or(0);
    });
}

namespace {

std::optional<Instant> next_due(sql::Tx& tx) {
    return tx.find<std::optional<Instant>>("SELECT min(due_at) FROM parked WHERE dead = 0")
        .value_or(std::nullopt);
}

}  // namespace

Task<std::optional<Instant>> Inbox::retry_due() {
    auto next = co_await db_.read([](sql::Tx& tx) { return next_due(tx); });
    if (!next || *next > clock_.now()) co_return next;
    co_return co_await db_.write([this](sql::Tx& tx) {
        auto due =
            tx.query<ParkedRow>("SELECT " + std::string{parked_columns} +
                                    " FROM parked WHERE dead = 0 AND due_at <= $1 ORDER BY due_at LIMIT $2",
                                tx.now(), max_retry_batch);
        // The order in which receive() locks entities.
        std::ranges::sort(due, {},
                          [](const auto& row) { return std::tie(row.entity, row.entity_id, row.version); });
        for (const auto& row : due) retry(tx, row);
        tx.set_traceparent({});
        return next_due(tx);
    });
}

Task<> Inbox::update_metrics() {
    auto [parked, dead] = co_await db_.read([](sql::Tx& tx) {
        auto count = [&tx](bool is_dead) {
            return tx
                .find<std::int64_t>(
                    "SELECT count(*) FROM (SELECT 1 FROM parked WHERE dead = $1 LIMIT $2) AS kept", is_dead,
                    max_counted)
                .value();
        };
        return std::pair{count(false), count(true)};
    });
    parked_now_.set(static_cast<double>(parked));
    dead_now_.set(static_cast<double>(dead));
}

// Only one replica retries an event: the others skip locked entities.
void Inbox::retry(sql::Tx& tx, const ParkedRow& row) {
    if (!lock_entity_if_free(tx, row.entity, row.entity_id)) return;
    auto still_due = tx.find<ParkedRow>("SELECT " + std::string{parked_columns} +
                                            " FROM parked WHERE entity = $1 AND entity_id = $2 AND version = "
                                            "$3 AND dead = 0 AND due_at <= $4",
                                        row.entity, row.entity_id, row.version, tx.now());
    if (!still_due) return;
    auto event = still_due->event();
    if (auto failure = try_apply(tx, event))
        park_failed(tx, event, *failure, still_due->tries);
    else if (is_known(tx, row.entity, row.entity_id, row.version))
        remove_parked(tx, row.entity, row.entity_id, row.version);
}

namespace {

const std::string select_dead_letters =
    "SELECT entity, entity_id, version, source, type, data, error, tries, time FROM parked WHERE dead = 1";

}  // namespace

Task<std::vector<DeadLetter>> Inbox::dead_letters(int limit, DeadLetterCursor after) {
    co_return co_await db_.read([&](sql::Tx& tx) {
        return tx.query<DeadLetter>(select_dead_letters +
                                        " AND (time, entity, entity_id, version) > ($1, $2, $3, $4)"
                                        " ORDER BY time, entity, entity_id, version LIMIT $5",
                                    after.time, after.entity, after.entity_id, after.version, limit);
    });
}

Task<std::optional<DeadLetter>> Inbox::find_dead_letter(std::string entity, std::string entity_id,
                                                        std::int64_t version) {
    co_return co_await db_.read([&](sql::Tx& tx) {
        return tx.find<DeadLetter>(
            select_dead_letters + " AND entity = $1 AND entity_id = $2 AND version = $3", entity, entity_id,
            version);
    });
}

Task<bool> Inbox::retry_dead_letter(std::string entity, std::string entity_id, std::int64_t version) {
    auto found = co_await db_.write([&](sql::Tx& tx) {
        tx.notify(parked_channel);
        (void)lock_entity(tx, entity, entity_id);
        return tx.execute(
                     "UPDATE parked SET dead = 0, tries = 0, due_at = $4"
                     " WHERE entity = $1 AND entity_id = $2 AND version = $3 AND dead = 1",
                     entity, entity_id, version, tx.now())
                   .rows == 1;
    });
    if (found)
        log::warning("dead letter retried",
                     {{"service", service_}, {"entity", entity}, {"id", entity_id}, {"version", version}});
    co_return found;
}

Task<bool> Inbox::skip_dead_letter(std::string entity, std::string entity_id, std::int64_t version) {
    auto found = co_await db_.write([&](sql::Tx& tx) {
        (void)lock_entity(tx, entity, entity_id);
        auto removed =
            tx.execute(
                  "DELETE FROM parked WHERE entity = $1 AND entity_id = $2 AND version = $3 AND dead = 1",
                  entity, entity_id, version)
                .rows == 1;
        if (removed && claim(tx, entity, entity_id, version))
            apply_successors(tx, entity, entity_id, version);
        tx.set_traceparent({});
        return removed;
    });
    if (found)
        log::warning("dead letter skipped",
                     {{"service", service_}, {"entity", entity}, {"id", entity_id}, {"version", version}});
    co_return found;
}

std::vector<sql::Migration> Inbox::migrations() {
    return {{"inbox", 1, R"(
        CREATE TABLE inbox (
            entity    TEXT NOT NULL,
            entity_id TEXT NOT NULL,
            version   BIGINT NOT NULL,
            PRIMARY KEY (entity, entity_id)
        );
        CREATE TABLE parked (
            entity      TEXT NOT NULL,
            entity_id   TEXT NOT NULL,
            version     BIGINT NOT NULL,
            source      TEXT NOT NULL,
            type        TEXT NOT NULL,
            time        BIGINT NOT NULL,
            traceparent TEXT NOT NULL,
            data        TEXT NOT NULL,
            tries       BIGINT NOT NULL,
            due_at      BIGINT,
            error       TEXT NOT NULL,
            dead        BIGINT NOT NULL,
            PRIMARY KEY (entity, entity_id, version)
        );
        CREATE INDEX parked_due ON parked(due_at);
        CREATE TABLE bus_positions (
            source   TEXT PRIMARY KEY,
            position BIGINT NOT NULL
        );)"}};
}

}  // namespace stagedoor::messaging
