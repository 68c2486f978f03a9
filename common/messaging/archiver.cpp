#include "common/messaging/archiver.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/json/write.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/mutation.hpp"

namespace stagedoor::outbox {
namespace {

constexpr std::chrono::minutes max_lease_left{1};  // clocks of replicas differ by far less
constexpr int max_rows_read = 128;
// A transaction of a few milliseconds, behind which holds don't wait.
constexpr std::size_t max_rows_removed = 512, rows_per_statement = 64;

std::string delete_statement() {
    std::string positions;
    for (std::size_t i = 1; i <= rows_per_statement; ++i)
        positions += fmt::format("{}${}", i > 1 ? ", " : "", i);
    // With a stream, an event without generation is being published again right now: its row has to stay.
    return "DELETE FROM outbox WHERE position IN (" + positions +
           ") AND (generation IS NOT NULL OR (SELECT generation FROM outbox_stream) = 0)";
}

void remove_rows(sql::Tx& tx, std::span<const std::int64_t> positions) {
    static const auto statement = delete_statement();
    while (!positions.empty()) {
        std::vector<sql::Parameter> parameters;
        for (std::size_t i = 0; i < rows_per_statement; ++i)
            parameters.emplace_back(positions[std::min(i, positions.size() - 1)]);
        tx.send_with(statement, parameters);
        positions = positions.subspan(std::min(rows_per_statement, positions.size()));
    }
}

}  // namespace

struct Archiver::Row {
    std::int64_t position = 0;
    std::string type, entity_id;
    std::int64_t version = 0;
    Instant time;
    std::string traceparent, data;
    std::optional<std::int64_t> generation, published_at;
    BOOST_DESCRIBE_CLASS(Row, (),
                         (position, type, entity_id, version, time, traceparent, data, generation,
                          published_at),
                         (), ())
};

struct Archiver::Collected {
    std::vector<history::Entry> entries;
    std::size_t bytes = 0;
    bool is_complete = false;  // no later event belongs to the segment
    bool has_ended = false;    // the next row has to stay for now
};

runtime::Counter Archiver::make_counter(runtime::Metrics& metrics, const std::string& service) {
    return metrics.counter("stagedoor_history_moved_total", "Events moved from the outbox to segment files",
                           {{"service", service}});
}

Archiver::Archiver(std::string service, sql::Database& db, history::Storage& storage, runtime::Random& random,
                   runtime::Counter moved, ArchiveOptions options)
    : service_(std::move(service)),
      db_(db),
      storage_(storage),
      options_(options),
      replica_(random.hex(16)),
      moved_(moved) {}

// A lease that ends far in the future was taken by a replica whose clock was wrong.
bool Archiver::take_lease(sql::Tx& tx) const {
    return tx.execute(
                 "UPDATE outbox_archiver SET owner = $1, lease_until = $2"
                 " WHERE owner = $1 OR lease_until <= $3 OR lease_until > $4",
                 replica_, tx.now() + archiver_lease, tx.now(), tx.now() + max_lease_left)
               .rows == 1;
}

Task<Archiver::Result> Archiver::step() {
    struct Next {
        bool has_lease = false;
        std::optional<SegmentRow> newest;
    };
    auto next = co_await db_.write(
        [this](sql::Tx& tx) {
            Next found;
            found.has_lease = take_lease(tx);
            if (found.has_lease) found.newest = newest_segment(tx);
            return found;
        },
        {.relaxed_durability = true});
    if (!next.has_lease) co_return Result::leased;
    auto more = next.newest && !next.newest->cleared ? co_await clear(*next.newest)
                                                     : co_await write_next(std::move(next.newest));
    co_return more ? Result::more : Result::done;
}

// Reads the rows of the next segment in small transactions. They don't change meanwhile, since nobody else
// removes any.
Task<Archiver::Collected> Archiver::collect(std::int64_t after) {
    Collected found;
    struct Page {
        std::int64_t stream = 0;
        Instant movable_before;
        std::vector<Row> rows;
    };
    while (!found.is_complete && !found.has_ended) {
        auto page = co_await db_.read([&](sql::Tx& tx) {
            Page read;
            read.stream = tx.find<std::int64_t>("SELECT generation FROM outbox_stream").value();
            read.movable_before = tx.now() - options_.age;
            read.rows = tx.query<Row>(
                "SELECT position, type, entity_id, version, time, traceparent, data, generation, published_at"
                " FROM outbox WHERE position > $1 ORDER BY position LIMIT $2",
                after, max_rows_read);
            return read;
        });
        found.has_ended = std::cmp_less(page.rows.size(), max_rows_read);
        for (auto& row : page.rows) {
            // 0: there has never been a stream, and subscribers read the outbox itself.
            auto is_published = page.stream == 0 || (row.generation == page.stream && row.published_at &&
                                                     Instant{*row.published_at} < page.movable_before);
            if (!is_published || row.time >= page.movable_before) {
                found.has_ended = true;
                break;
            }
            found.is_complete =
                !found.entries.empty() &&
                (std::cmp_equal(found.entries.size(), options_.max_events) ||
                 found.bytes + row.data.size() > options_.max_bytes ||
                 history::month_of(row.time) > history::month_of(found.entries.front().event.time));
            if (found.is_complete) break;
            after = row.position;
            found.bytes += row.data.size();
            found.entries.push_back({row.position,
                                     {std::move(row.type), service_, std::move(row.entity_id), row.version,
                                      row.time, std::move(row.traceparent), std::move(row.data)}});
        }
    }
    co_return found;
}

Task<bool> Archiver::write_next(std::optional<SegmentRow> newest) {
    auto collected = co_await collect(newest ? newest->last_position : 0);
    if (!collected.is_complete) co_return false;
    history::PackedSegment packed;
    co_await storage_.run([&] {
        packed = history::pack(service_, newest ? newest->number + 1 : 1, newest ? newest->digest : "",
                               collected.entries);
        auto name = packed.name();
        storage_.write(name, packed.bytes);
        if (!runtime::mutated(Mutation::segment_not_synced)) storage_.sync(name);
        auto stored = storage_.read(name);
        if (!stored || history::unpack(*stored).entries != collected.entries)
            throw std::runtime_error("a segment differs from what was written: " + name);
    });
    co_return co_await register_segment(packed);
}

// Returns false if another replica has registered one of that number.
Task<bool> Archiver::register_segment(const history::PackedSegment& packed) {
    const auto& header = packed.header;
    auto name = packed.name(), entities = json::to_json(header.entities);
    try {
        co_return co_await db_.write([&](sql::Tx& tx) {
            if (!take_lease(tx)) return false;
            // Published to a stream if all its rows are: they may be claimed again since they were read.
            tx.execute(
                "INSERT INTO outbox_segments(number, name, digest, first_position, last_position, events,"
                " first_time, last_time, entities, generation, published_at) VALUES ($1, $2, $3, $4, $5, $6,"
                " $7, $8, $9, (SELECT coalesce(min(coalesce(generation, 0)), 0) FROM outbox WHERE position >="
                " $4 AND position <= $5), (SELECT coalesce(max(published_at), 0) FROM outbox WHERE position "
                ">="
                " $4 AND position <= $5))",
                header.number, name, packed.digest, header.first_position, header.last_position,
                header.events, header.first_time, header.last_time, entities);
            return true;
        });
    } catch (const sql::UniqueViolation&) {
        co_return false;
    }
}

// Removes exactly the events in the file, which it reads again first, so a crash is harmless.
Task<bool> Archiver::clear(const SegmentRow& segment) {
    if (!clearing_ || clearing_->segment.digest != segment.digest) {
        Clearing next{segment, {}};
        co_await storage_.run([&] {
            for (const auto& entry : read_segment(storage_, segment).entries)
                next.positions.push_back(entry.position);
        });
        auto first_left = co_await db_.read([&](sql::Tx& tx) {
            return tx.find<std::int64_t>(
                "SELECT position FROM outbox WHERE position >= $1 ORDER BY position LIMIT 1",
                segment.first_position);
        });
        auto left = std::ranges::lower_bound(next.positions, first_left.value_or(segment.last_position + 1));
        next.done = static_cast<std::size_t>(left - next.positions.begin());
        clearing_ = std::move(next);
    }
    auto& positions = clearing_->positions;
    auto batch = std::span{positions}.subspan(clearing_->done);
    batch = batch.first(std::min(batch.size(), max_rows_removed));
    co_await db_.write([&](sql::Tx& tx) { remove_rows(tx, batch); }, {.relaxed_durability = true});
    clearing_->done += batch.size();
    co_return clearing_->done < positions.size() || co_await finish_clearing();
}

// Some rows may have been claimed, to be published again: a later step removes them.
Task<bool> Archiver::finish_clearing() {
    auto done = std::move(*clearing_);
    clearing_.reset();
    auto is_cleared = co_await db_.write([&](sql::Tx& tx) {
        auto left =
            tx.query<std::int64_t>("SELECT position FROM outbox WHERE position >= $1 AND position <= $2",
                                   done.segment.first_position, done.segment.last_position);
        auto is_moved = [&](std::int64_t position) {
            return std::ranges::binary_search(done.positions, position);
        };
        if (std::ranges::any_of(left, is_moved)) return false;
        tx.execute("UPDATE outbox_segments SET cleared = 1 WHERE number = $1", done.segment.number);
        return true;
    });
    if (!is_cleared) co_return false;
    moved_.add(static_cast<double>(done.segment.events));
    log::info("moved events from the outbox to a segment",
              {{"service", service_}, {"segment", done.segment.name}, {"events", done.segment.events}});
    co_return true;
}

}  // namespace stagedoor::outbox
