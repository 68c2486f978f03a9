#include "common/messaging/inbox.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <tuple>

#include "common/language/message.hpp"
#include "common/messaging/max_counted.hpp"
#include "common/runtime/backoff.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/mutation.hpp"

namespace stagedoor::messaging {
namespace {

using bus::Event;
using bus::Position;

struct ParkedRow {
    std::int64_t version = 0;
    std::string source, type;
    Instant time;
    std::string traceparent, data;
    std::int64_t attempts = 0;
    std::string entity, entity_id;

    [[nodiscard]] Event event() const { return {type, source, entity_id, version, time, traceparent, data}; }
};
BOOST_DESCRIBE_STRUCT(ParkedRow, (),
                      (version, source, type, time, traceparent, data, attempts, entity, entity_id))

// With backoff 8.5 minutes: then it is a bug, not a passing failure.
constexpr std::int64_t max_attempts = 10;
constexpr int max_retry_batch = 100;

constexpr std::chrono::minutes max_retry_delay{5};  // not reached: the last of max_attempts comes after 256 s

constexpr std::string_view parked_columns =
    "version, source, type, time, traceparent, data, tries, entity, entity_id";  // of a ParkedRow

constexpr std::size_t max_claims_per_statement = 64;

// Inserts the first version of an entity, or advances it to `next` if that follows its version. A claim that
// comes early may leave an entity of version 0.
std::string claim_statement(std::size_t events) {
    std::string values;
    for (std::size_t i = 0; i < events; ++i) {
        values += fmt::format("{}(${}, ${}, ${}, ${})", i > 0 ? ", " : "", 4 * i + 1, 4 * i + 2, 4 * i + 3,
                              4 * i + 4);
    }
    return "INSERT INTO inbox(entity, entity_id, version, next) VALUES " + values +
           " ON CONFLICT (entity, entity_id) DO UPDATE SET version = excluded.next WHERE inbox.version " +
           (runtime::mutated(Mutation::gap_skipped) ? "< excluded.next" : "= excluded.next - 1") +
           " RETURNING entity, entity_id, version";
}

struct EntityVersion {
    std::string entity, entity_id;
    std::int64_t version = 0;
    auto operator<=>(const EntityVersion&) const = default;
};
BOOST_DESCRIBE_STRUCT(EntityVersion, (), (entity, entity_id, version))

EntityVersion version_of(const Event& event) { return {event.entity(), event.entity_id, event.version}; }

std::vector<EntityVersion> versions_of(std::span<const Event* const> events) {
    std::vector<EntityVersion> versions;
    for (const auto* event : events) versions.push_back(version_of(*event));
    return versions;
}

// Advances each entity to its version here if that is the next one, and locks its row until the transaction
// ends. The predicate decides, so that only one of two replicas succeeds. No entity may appear twice.
class Claims {
  public:
    Claims(sql::Tx& tx, std::span<const EntityVersion> wanted) {
        while (!wanted.empty()) {
            // A power of two, so that there are few statements to prepare.
            auto size = std::min(max_claims_per_statement, std::bit_floor(wanted.size()));
            send(tx, wanted.first(size));
            wanted = wanted.subspan(size);
        }
    }

    // Those that succeeded.
    [[nodiscard]] std::set<EntityVersion> get() {
        std::set<EntityVersion> claimed;
        for (auto& each : sent_) {
            for (auto& row : each.get()) claimed.insert(std::move(row));
        }
        return claimed;
    }

  private:
    void send(sql::Tx& tx, std::span<const EntityVersion> wanted) {
        std::vector<sql::Parameter> parameters;
        auto gap_skipped = runtime::mutated(Mutation::gap_skipped);
        for (const auto& [entity, entity_id, version] : wanted) {
            auto first = gap_skipped || version == 1 ? version : 0;
            parameters.insert(parameters.end(),
                              {std::string_view{entity}, std::string_view{entity_id}, first, version});
        }
        sent_.push_back(tx.query_later_with<EntityVersion>(claim_statement(wanted.size()), parameters));
    }

    std::vector<sql::LaterRows<EntityVersion>> sent_;
};

bool claim(sql::Tx& tx, const EntityVersion& wanted) {
    return Claims{tx, {&wanted, 1}}.get().contains(wanted);
}

constexpr std::string_view select_version = "SELECT version FROM inbox WHERE entity = $1 AND entity_id = $2";

// True is final, since versions never decrease; false may be outdated by the time it is returned.
bool is_known(sql::Tx& tx, std::string_view entity, std::string_view entity_id, std::int64_t version) {
    return tx.find<std::int64_t>(select_version, entity, entity_id).value_or(0) >= version;
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
    : std::runtime_error(problems.front().field + " " + language::to_text(problems.front().message)) {}

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

// Thrown to undo a transaction in which an event failed, before each is applied in a savepoint of its own.
struct Inbox::NeedsSavepoints : std::exception {};

Task<> Inbox::receive(std::vector<Event> events, std::optional<Position> position) {
    auto isolation = Isolation::none;
    for (std::span<const Event> remaining{events}; !remaining.empty() || position;) {
        auto received = std::size_t{0};
        try {
            received = co_await receive_some(remaining, position, isolation);
        } catch (const NeedsSavepoints&) {
            if (runtime::mutated(Mutation::rolled_back_batch_acked)) co_return;
            isolation = Isolation::savepoint_per_event;
            continue;
        }
        remaining = remaining.subspan(received);
        if (remaining.empty()) break;
    }
    auto now = clock_.now();
    received_.add(static_cast<double>(events.size()));
    for (const auto& event : events)
        delivery_seconds_.observe(static_cast<double>((now - event.time).count()) / 1000.0);
    read_your_writes_.events_applied(events);
}

// A transaction that has to be retried has most likely deadlocked with one of another replica, which locks
// the same rows in a different order. After that, each event gets its own transaction, so that none holds a
// lock while it waits for another. Returns how many of the events were received.
Task<std::size_t> Inbox::receive_some(std::span<const Event> events, const std::optional<Position>& position,
                                      Isolation& isolation) {
    int runs = 0;
    co_return co_await db_.write([&, this](sql::Tx& tx) {
        if (++runs > 1) isolation = Isolation::transaction_per_event;
        auto batch = isolation == Isolation::transaction_per_event
                         ? events.first(std::min<std::size_t>(events.size(), 1))
                         : events;
        if (isolation == Isolation::none)
            receive_together(tx, batch);
        else
            receive_each(tx, batch);
        if (position && batch.size() == events.size()) {
            tx.send(
                "INSERT INTO bus_positions(source, position) VALUES ($1, $2)"
                " ON CONFLICT (source) DO UPDATE SET position = excluded.position",
                position->source, position->value);
        }
        tx.set_traceparent({});
        return batch.size();
    });
}

void Inbox::receive_together(sql::Tx& tx, std::span<const Event> events) {
    try {
        receive_in_rounds(tx, events);
    } catch (const sql::DatabaseError&) {
        throw;
    } catch (...) {
        throw NeedsSavepoints{};
    }
}

void Inbox::receive_each(sql::Tx& tx, std::span<const Event> events) {
    for (const auto& event : events) {
        if (auto failure = try_apply(tx, event)) park_failed(tx, event, *failure, 0);
    }
}

// The first round receives the first event of every entity, the second one the second, and so on.
void Inbox::receive_in_rounds(sql::Tx& tx, std::span<const Event> events) {
    std::map<std::pair<std::string, std::string_view>, std::size_t> events_of;
    std::vector<EventRefs> rounds;
    for (const auto& event : events) {
        auto number = events_of[{event.entity(), event.entity_id}]++;
        if (number == rounds.size()) rounds.emplace_back();
        rounds[number].push_back(&event);
    }
    auto any_parked = false;
    std::map<std::pair<std::string, std::string>, std::int64_t> advanced;  // version by entity
    for (const auto& round : rounds) {
        auto received = receive_round(tx, round);
        any_parked |= received.any_parked;
        for (const auto* event : received.applied)
            advanced[{event->entity(), event->entity_id}] = event->version;
    }
    if (!any_parked) return;
    std::vector<sql::LaterRows<std::int64_t>> parked;  // for each that advanced: whether it has any
    for (const auto& [entity, version] : advanced) {
        parked.push_back(
            tx.query_later<std::int64_t>("SELECT 1 FROM parked WHERE entity = $1 AND entity_id = $2 LIMIT 1",
                                         entity.first, entity.second));
    }
    auto has_parked = parked.begin();
    for (const auto& [entity, version] : advanced) {
        if (!(has_parked++)->get().empty()) apply_successors(tx, entity.first, entity.second, version);
    }
}

// Returns nullopt if the event was applied, parked as early or dropped as known; else why it failed. The
// changes of a failed event are rolled back.
std::optional<Inbox::Failure> Inbox::try_apply(sql::Tx& tx, const Event& event) {
    try {
        tx.nested([&] { receive_in_rounds(tx, {&event, 1}); });
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

// The query sees what another replica has parked for these entities, since claims wait for their locks.
Inbox::Round Inbox::receive_round(sql::Tx& tx, const EventRefs& events) {
    auto wanted = versions_of(events);
    Claims claims{tx, wanted};
    auto parked = tx.query_later<std::int64_t>("SELECT 1 FROM parked LIMIT 1");
    auto claimed = claims.get();
    Round round{.applied = {}, .any_parked = !parked.get().empty()};
    EventRefs unclaimed;
    for (std::size_t i = 0; i < events.size(); ++i)
        (claimed.contains(wanted[i]) ? round.applied : unclaimed).push_back(events[i]);
    if (!unclaimed.empty()) {
        auto next = resolve_unclaimed(tx, unclaimed);
        round.applied.insert(round.applied.end(), next.begin(), next.end());
        round.any_parked = true;  // the query may have missed them
    }
    apply(tx, round.applied);
    return round;
}

// Drops events that are known and parks early ones. Returns those that turn out to be next after all. Whether
// an event is early or next is decided under its entity's lock: another replica may be filling the gap right
// now, and would not see the event parked here.
Inbox::EventRefs Inbox::resolve_unclaimed(sql::Tx& tx, const EventRefs& unclaimed) {
    std::vector<sql::LaterRows<std::int64_t>> versions;
    versions.reserve(unclaimed.size());
    for (const auto* event : unclaimed)
        versions.push_back(tx.query_later<std::int64_t>(select_version, event->entity(), event->entity_id));
    EventRefs next, unknown;
    for (std::size_t i = 0; i < unclaimed.size(); ++i) {
        auto version = versions[i].get();
        auto is_known = !version.empty() && version.front() >= unclaimed[i]->version;  // final: it only grows
        if (!is_known)
            unknown.push_back(unclaimed[i]);
        else if (runtime::mutated(Mutation::duplicates_applied))
            next.push_back(unclaimed[i]);
    }
    for (const auto* event : unknown) {
        auto version = lock_entity(tx, event->entity(), event->entity_id);
        if (version >= event->version) continue;
        if (version < event->version - 1) {
            park(tx, *event, std::nullopt, 0);
        } else if (claim(tx, version_of(*event))) {
            next.push_back(event);
        } else {
            throw std::logic_error("the version of a locked entity has changed");
        }
    }
    return next;
}

// The rollback has also released the entity's lock, so another replica may have applied the event since.
void Inbox::park_failed(sql::Tx& tx, const Event& event, const Failure& failure, std::int64_t attempts) {
    auto entity = event.entity();
    if (lock_entity(tx, entity, event.entity_id) < event.version)
        park(tx, event, failure, attempts);
    else
        remove_parked(tx, entity, event.entity_id, event.version);
}

// Groups events by type, in order of first appearance, and calls each handler once.
void Inbox::apply(sql::Tx& tx, const EventRefs& events) {
    std::vector<std::pair<std::string_view, EventRefs>> by_type;
    for (const auto* event : events) {
        auto same = std::ranges::find(by_type, event->type, [](const auto& each) { return each.first; });
        if (same == by_type.end()) same = by_type.insert(same, {event->type, {}});
        same->second.push_back(event);
    }
    for (const auto& [type, of_type] : by_type) {
        auto handler = handlers_.find(type);
        if (handler != handlers_.end()) handler->second(tx, of_type);  // else they only advance the version
    }
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
                if (claim(tx, version_of(event))) apply(tx, {&event});
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

// Parks an event that came early (no failure; it waits for the gap to be filled) or that failed after
// `attempts` earlier failures. A parked event that is merely delivered again keeps its number of attempts.
void Inbox::park(sql::Tx& tx, const Event& event, const std::optional<Failure>& failure,
                 std::int64_t attempts) {
    std::optional<Instant> due;
    std::string error;
    bool dead = false;
    if (failure) {
        error = failure->error;
        if (!failure->not_before) ++attempts;
        dead = failure->unreadable || attempts >= max_attempts;
        if (!dead)
            due = failure->not_before ? *failure->not_before
                                      : tx.now() + runtime::backoff(attempts, max_retry_delay);
    }
    auto inserted = tx.execute(
        "INSERT INTO parked(entity, entity_id, version, source, type, time, traceparent, data, tries, "
        "due_at, error, dead)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        " ON CONFLICT (entity, entity_id, version) DO UPDATE"
        " SET tries = excluded.tries, due_at = excluded.due_at, error = excluded.error, dead = excluded.dead"
        " WHERE parked.dead = 0 AND excluded.error <> '' AND excluded.tries >= parked.tries",
        event.entity(), event.entity_id, event.version, event.source, event.type, event.time,
        event.traceparent, event.data, attempts, due, error, dead);
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
        for (const auto& row : due) retry(tx, row.entity, row.entity_id, row.version);
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
void Inbox::retry(sql::Tx& tx, const std::string& entity, const std::string& entity_id,
                  std::int64_t version) {
    if (!lock_entity_if_free(tx, entity, entity_id)) return;
    auto still_due = tx.find<ParkedRow>("SELECT " + std::string{parked_columns} +
                                            " FROM parked WHERE entity = $1 AND entity_id = $2 AND version = "
                                            "$3 AND dead = 0 AND due_at <= $4",
                                        entity, entity_id, version, tx.now());
    if (!still_due) return;
    auto event = still_due->event();
    if (auto failure = try_apply(tx, event))
        park_failed(tx, event, *failure, still_due->attempts);
    else if (is_known(tx, entity, entity_id, version))
        remove_parked(tx, entity, entity_id, version);
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

Task<bool> Inbox::retry_dead_letter(std::string entity, std::string entity_id, std::int64_t version,
                                    Record record) {
    auto found = co_await db_.write([&](sql::Tx& tx) {
        tx.notify(parked_channel);
        (void)lock_entity(tx, entity, entity_id);
        auto retried = tx.execute(
                             "UPDATE parked SET dead = 0, tries = 0, due_at = $4"
                             " WHERE entity = $1 AND entity_id = $2 AND version = $3 AND dead = 1",
                             entity, entity_id, version, tx.now())
                           .rows == 1;
        if (retried) record(tx);
        return retried;
    });
    if (found)
        log::warning("dead letter retried",
                     {{"service", service_}, {"entity", entity}, {"id", entity_id}, {"version", version}});
    co_return found;
}

Task<bool> Inbox::skip_dead_letter(std::string entity, std::string entity_id, std::int64_t version,
                                   Record record) {
    auto found = co_await db_.write([&](sql::Tx& tx) {
        (void)lock_entity(tx, entity, entity_id);
        auto removed =
            tx.execute(
                  "DELETE FROM parked WHERE entity = $1 AND entity_id = $2 AND version = $3 AND dead = 1",
                  entity, entity_id, version)
                .rows == 1;
        if (removed) record(tx);
        if (removed && claim(tx, {entity, entity_id, version}))
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
        );)"},
            // `next` only carries the version to claim into a statement for many entities.
            {"inbox", 2, "ALTER TABLE inbox ADD COLUMN next BIGINT NOT NULL DEFAULT 0"}};
}

}  // namespace stagedoor::messaging
