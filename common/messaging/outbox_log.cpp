#include "common/messaging/outbox_log.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <utility>

#include "common/messaging/max_counted.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/mutation.hpp"

namespace stagedoor::outbox {
namespace {

struct Row {
    std::int64_t position = 0;
    std::string type, entity_id;
    std::int64_t version = 0;
    Instant time;
    std::string traceparent, data;
};
BOOST_DESCRIBE_STRUCT(Row, (), (position, type, entity_id, version, time, traceparent, data))
const std::string row_columns = "position, type, entity_id, version, time, traceparent, data";

struct StreamRow {
    std::string created;
    std::int64_t last_sequence = 0, generation = 0;
};
BOOST_DESCRIBE_STRUCT(StreamRow, (), (created, last_sequence, generation))

struct TypeCount {
    std::string type;
    std::int64_t events = 0;
};
BOOST_DESCRIBE_STRUCT(TypeCount, (), (type, events))

using messaging::max_counted;

constexpr std::size_t update_batch_size = 64;
constexpr std::chrono::minutes too_large_retry_delay{1};  // the bus's limit may have been raised

std::vector<bus::Log::Entry> entries_of(std::vector<Row> rows, std::string_view source) {
    std::vector<bus::Log::Entry> entries;
    entries.reserve(rows.size());
    for (auto& row : rows) {
        entries.push_back({row.position,
                           {std::move(row.type), std::string{source}, std::move(row.entity_id), row.version,
                            row.time, std::move(row.traceparent), std::move(row.data)}});
    }
    return entries;
}

// Runs `statement` for batches of `positions`, which are its last parameters, after `first`. Every batch has
// the same size, so that the statement is prepared once: the last one is padded with its last position.
void update_rows(sql::Tx& tx, std::string_view statement, std::initializer_list<std::int64_t> first,
                 std::span<const std::int64_t> positions) {
    while (!positions.empty()) {
        std::vector<sql::Parameter> parameters{first.begin(), first.end()};
        for (std::size_t i = 0; i < update_batch_size; ++i)
            parameters.emplace_back(positions[std::min(i, positions.size() - 1)]);
        tx.send_with(statement, parameters);
        positions = positions.subspan(std::min(update_batch_size, positions.size()));
    }
}

// "($3, $4 … $66)"
std::string placeholders(std::size_t first) {
    std::string text = "(";
    for (std::size_t i = 0; i < update_batch_size; ++i)
        text += (i > 0 ? ", $" : "$") + std::to_string(first + i);
    return text + ")";
}

void record(sql::Tx& tx, const bus::Log::PublishResult& result) {
    static const auto published =
        "UPDATE outbox SET generation = $1, published_at = $2 WHERE position IN " + placeholders(3);
    static const auto claimed = "UPDATE outbox SET claimed_until = $1 WHERE position IN " + placeholders(2);
    update_rows(tx, published, {result.generation, tx.now().milliseconds}, result.published);
    update_rows(tx, claimed, {0}, result.failed);
    update_rows(tx, claimed, {(tx.now() + too_large_retry_delay).milliseconds}, result.too_large);
}

// Claims rows that meet `condition` for this replica, skipping those that another replica is claiming now.
// MATERIALIZED, so that PostgreSQL evaluates the subquery once and does not exceed the limit.
std::string claim_statement(std::string_view condition) {
    return "WITH free AS MATERIALIZED (SELECT position FROM outbox WHERE " + std::string{condition} +
           " LIMIT $2 FOR UPDATE SKIP LOCKED)"
           " UPDATE outbox SET claimed_until = $1, generation = NULL, published_at = NULL"
           " WHERE position IN (SELECT position FROM free) RETURNING " +
           row_columns;
}
const std::string claim_unpublished =
    claim_statement("generation IS NULL AND claimed_until <= $3 ORDER BY position");
const std::string claim_earlier =
    claim_statement("generation < (SELECT generation FROM outbox_stream) ORDER BY generation, published_at");
// Events published to the current stream, and to the one before it.
const std::array claim_recent{
    claim_statement(
        "generation = (SELECT generation FROM outbox_stream) AND published_at >= $3 AND published_at < $4"
        " ORDER BY published_at"),
    claim_statement(
        "generation = (SELECT generation - 1 FROM outbox_stream) AND published_at >= $3 AND published_at < $4"
        " ORDER BY published_at")};

// A segment that the current stream lacks. Those that no stream has ever had are claimed before any row,
// since their events are the oldest; others after all rows, since subscribers have most likely received them.
std::string claim_segment_statement(std::string_view condition) {
    return "WITH free AS MATERIALIZED (SELECT number FROM outbox_segments"
           " WHERE generation < (SELECT generation FROM outbox_stream) AND claimed_until <= $2" +
           std::string{condition} +
           " ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED)"
           " UPDATE outbox_segments SET claimed_until = $1 WHERE number IN (SELECT number FROM free)"
           " RETURNING CASE WHEN published_in = (SELECT generation FROM outbox_stream)"
           " THEN published_to ELSE 0 END AS published_to, " +
           segment_columns;
}
const std::string claim_new_segment = claim_segment_statement(" AND generation = 0");
const std::string claim_any_segment = claim_segment_statement("");

struct ClaimedSegment {
    std::int64_t published_to = 0;
    SegmentRow segment;
};
BOOST_DESCRIBE_STRUCT(ClaimedSegment, (), (published_to, segment))

bool lacks_segments(sql::Tx& tx) {
    return tx
        .find<std::int64_t>(
            "SELECT 1 FROM outbox_segments WHERE generation < (SELECT generation FROM outbox_stream) LIMIT 1")
        .has_value();
}

StreamRow stream_row(sql::Tx& tx) {
    return tx.find<StreamRow>("SELECT created, last_sequence, generation FROM outbox_stream").value();
}

}  // namespace

std::vector<bus::Log::Entry> read_after(sql::Tx& tx, std::string_view source, std::int64_t position,
                                        int limit) {
    return entries_of(
        tx.query<Row>("SELECT " + row_columns + " FROM outbox WHERE position > $1 ORDER BY position LIMIT $2",
                      position, limit),
        source);
}

// Continues into the next segment, or the rows, so fewer than `limit` events means the end.
Task<std::vector<bus::Log::Entry>> Log::read_after(std::int64_t position, int limit) {
    struct Next {
        std::optional<SegmentRow> segment;
        std::vector<Entry> rows;
    };
    std::vector<Entry> entries;
    while (std::cmp_less(entries.size(), limit)) {
        auto room = limit - static_cast<int>(entries.size());
        auto next = co_await db_.read([&, this](sql::Tx& tx) {
            Next found{segment_after(tx, position), {}};
            if (!found.segment) found.rows = outbox::read_after(tx, service_, position, room);
            return found;
        });
        if (!next.segment) {
            std::ranges::move(next.rows, std::back_inserter(entries));
            break;
        }
        auto segment = co_await segments_.load(std::move(*next.segment));
        auto found = entries_after(*segment, position, room);
        entries.insert(entries.end(), found.begin(), found.end());
        position = entries.back().position;
    }
    co_return entries;
}

struct Log::Claimed {
    std::vector<Row> rows;
    std::optional<SegmentClaim> segment;
    bool no_more_earlier = false, no_more_recent = false, no_more_segments = false;
};

// Returns either rows or a segment.
Log::Claimed Log::claim_rows(sql::Tx& tx, const PublishResult& last, int limit,
                             std::chrono::milliseconds lease, bool with_segments) const {
    Claimed found;
    auto until = tx.now() + lease;
    auto room = [&] { return limit - static_cast<int>(found.rows.size()); };
    auto claim_segment = [&](const std::string& statement) {
        if (auto claimed = tx.find<ClaimedSegment>(statement, until, tx.now())) {
            auto done = claimed->published_to;
            found.segment = SegmentClaim{std::move(claimed->segment), done, done};
        }
        return found.segment.has_value();
    };
    record(tx, last);
    if (claimed_segment_) record_segment(tx, last);
    if (limit > 0 && with_segments && claim_segment(claim_new_segment)) return found;
    if (limit > 0) found.rows = tx.query<Row>(claim_unpublished, until, limit, tx.now());
    if (republish_recent_ && limit > 0) {
        for (const auto& statement : claim_recent) {
            if (room() == 0) break;
            std::ranges::move(
                tx.query<Row>(statement, until, room(), republish_recent_->since, republish_recent_->before),
                std::back_inserter(found.rows));
        }
        found.no_more_recent = room() > 0;
        // After the rows, which may have moved to a segment meanwhile.
        if (found.no_more_recent) {
            tx.execute(
                "UPDATE outbox_segments SET published_in = 0, generation = CASE WHEN generation ="
                " (SELECT generation FROM outbox_stream) THEN coalesce(nullif(generation - 1, 0), -1)"
                " ELSE generation END"
                " WHERE published_at >= $1 AND (SELECT generation FROM outbox_stream) > 0",
                republish_recent_->since);
        }
    }
    if (republish_earlier_ && room() > 0) {
        std::ranges::move(tx.query<Row>(claim_earlier, until, room()), std::back_inserter(found.rows));
        found.no_more_earlier = room() > 0;
    }
    if (with_segments && limit > 0 && found.rows.empty() && !claim_segment(claim_any_segment))
        found.no_more_segments = !lacks_segments(tx);
    // Last, since all replicas write this row. It describes the current stream only.
    if (!last.published.empty())
        tx.send(
            "UPDATE outbox_stream SET last_sequence = $1 WHERE generation = $2 AND last_sequence < "
            "$1",
            last.last_sequence, last.generation);
    return found;
}

Task<std::vector<bus::Log::Entry>> Log::claim(PublishResult last, int limit,
                                              std::chrono::milliseconds lease) {
    if ((republish_recent_ || republish_earlier_) && runtime::mutated(Mutation::nothing_republished)) {
        republish_recent_.reset();
        republish_earlier_ = republish_segments_ = false;
    }
    if (republish_segments_ && runtime::mutated(Mutation::segments_not_republished))
        republish_segments_ = false;
    auto claimed = co_await try_to_claim(std::move(last), limit, lease, republish_segments_);
    if (claimed.segment) {
        auto entries = co_await read_claimed_segment(std::move(*claimed.segment), limit);
        if (!entries.empty()) co_return entries;
        claimed = co_await try_to_claim({}, limit, lease, false);
    }
    std::ranges::sort(claimed.rows, {}, &Row::position);  // RETURNING promises no order
    co_return entries_of(std::move(claimed.rows), service_);
}

Task<Log::Claimed> Log::try_to_claim(PublishResult last, int limit, std::chrono::milliseconds lease,
                                     bool with_segments) {
    auto claimed = co_await db_.write(
        [&, this](sql::Tx& tx) { return claim_rows(tx, last, limit, lease, with_segments); },
        {.relaxed_durability = true});
    claimed_segment_.reset();
    if (claimed.no_more_earlier) republish_earlier_ = false;
    if (claimed.no_more_segments) republish_segments_ = false;
    if (claimed.no_more_recent) {
        republish_recent_.reset();
        republish_segments_ = true;
    }
    co_return claimed;
}

// If its file can't be read, the segment is left until its lease ends; new events are published meanwhile.
Task<std::vector<bus::Log::Entry>> Log::read_claimed_segment(SegmentClaim claim, int limit) {
    std::vector<Entry> entries;
    try {
        auto segment = co_await segments_.load(claim.segment);
        auto found = entries_after(*segment, claim.after, limit);
        entries.assign(found.begin(), found.end());
    } catch (const std::exception& error) {
        log::error("a segment can't be published again", {{"service", service_}, {"error", error.what()}});
        co_return entries;
    }
    claim.events = static_cast<std::int64_t>(entries.size());
    claim.last = entries.empty() ? claim.segment.last_position : entries.back().position;
    claimed_segment_ = std::move(claim);
    co_return entries;
}

// The segment continues after its last batch if all of that was published, else it is claimed again. An event
// that is too large for the bus is left out: it was reported.
void Log::record_segment(sql::Tx& tx, const PublishResult& last) const {
    const auto& claim = *claimed_segment_;
    auto is_done = std::cmp_equal(last.published.size() + last.too_large.size(), claim.events);
    if (!is_done) {
        tx.execute("UPDATE outbox_segments SET claimed_until = 0 WHERE number = $1", claim.segment.number);
        return;
    }
    tx.execute(
        "UPDATE outbox_segments SET claimed_until = 0, published_to = $1, published_in = $3,"
        " published_at = $2, generation = CASE WHEN $1 >= last_position THEN $3 ELSE generation END"
        " WHERE number = $4 AND generation < $3 AND $3 = (SELECT generation FROM outbox_stream)"
        " AND CASE WHEN published_in = $3 THEN published_to ELSE 0 END = $5",
        claim.last, tx.now(), last.generation, claim.segment.number, claim.after);
}

Task<bus::Log::Stream> Log::known_stream() {
    auto row = co_await db_.read([](sql::Tx& tx) { return stream_row(tx); });
    // A replica that began this stream may have died before it republished the earlier events.
    republish_earlier_ = republish_segments_ = true;
    co_return Stream{std::move(row.created), row.last_sequence, row.generation};
}

Task<bus::Log::Stream> Log::begin_stream(Stream known, Stream found) {
    auto row = co_await db_.write([&](sql::Tx& tx) {
        tx.execute(
            "UPDATE outbox_stream SET created = $1, last_sequence = $2, generation = generation + 1"
            " WHERE generation = $3",
            found.created, found.last_sequence, known.generation);
        return stream_row(tx);
    });
    republish_earlier_ = republish_segments_ = true;
    co_return Stream{std::move(row.created), row.last_sequence, row.generation};
}

void Log::republish_since(Instant time, Instant now) {
    if (runtime::mutated(Mutation::marked_before_confirmed)) return;  // republishing would hide the mutant
    republish_recent_ = Period{time, now};
}

Task<bus::Log::Lag> Log::lag_after(std::int64_t position) {
    co_return co_await db_.read([&](sql::Tx& tx) {
        Lag all;
        auto counts = tx.query<TypeCount>(
            "SELECT type, count(*) FROM"
            " (SELECT type FROM outbox WHERE position > $1 ORDER BY position LIMIT $2) AS next GROUP BY type",
            position, max_counted);
        for (const auto& [type, events] : counts) {
            all.events += events;
            all.by_entity[std::string{contracts::entity_of(type)}] += events;
        }
        all.oldest = tx.find<Instant>("SELECT time FROM outbox WHERE position > $1 ORDER BY position LIMIT 1",
                                      position);
        for (const auto& [entity, events] : count_moved(tx, position, max_counted)) {
            all.events = std::min(all.events + events, max_counted);
            all.by_entity[entity] = std::min(all.by_entity[entity] + events, max_counted);
        }
        if (auto segment = segment_after(tx, position)) all.oldest = segment->first_time;
        return all;
    });
}

Task<bus::Log::Backlog> Log::backlog() {
    co_return co_await db_.read([](sql::Tx& tx) {
        Backlog all;
        all.events = tx.find<std::int64_t>(
                           "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE generation IS NULL LIMIT $1) AS "
                           "unpublished",
                           max_counted)
                         .value();
        all.oldest =
            tx.find<Instant>("SELECT time FROM outbox WHERE generation IS NULL ORDER BY position LIMIT 1");
        return all;
    });
}

}  // namespace stagedoor::outbox
