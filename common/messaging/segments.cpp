#include "common/messaging/segments.hpp"

#include <algorithm>

#include "common/json/read.hpp"
#include "common/sql/tx.hpp"

namespace stagedoor::outbox {
namespace {

// Of some 10 MiB each. Subscribers that catch up are rarely at more than two places.
constexpr std::size_t max_cached = 2;

}  // namespace

std::optional<SegmentRow> segment_after(sql::Tx& tx, std::int64_t position) {
    return tx.find<SegmentRow>(
        "SELECT " + segment_columns +
            " FROM outbox_segments WHERE last_position > $1 ORDER BY last_position LIMIT 1",
        position);
}

std::optional<SegmentRow> newest_segment(sql::Tx& tx) {
    return tx.find<SegmentRow>("SELECT " + segment_columns +
                               " FROM outbox_segments ORDER BY number DESC LIMIT 1");
}

std::vector<SegmentRow> segments_after(sql::Tx& tx, std::int64_t number, int limit) {
    return tx.query<SegmentRow>(
        "SELECT " + segment_columns + " FROM outbox_segments WHERE number > $1 ORDER BY number LIMIT $2",
        number, limit);
}

// A segment of which a part is before `position` counts as a whole: the number is an estimate for metrics.
std::vector<history::EntityCount> count_moved(sql::Tx& tx, std::int64_t position, std::int64_t max) {
    std::vector<history::EntityCount> counts;
    std::int64_t total = 0;
    for (auto row = segment_after(tx, position); row && total < max;
         row = segment_after(tx, row->last_position)) {
        total += row->events;
        auto own = json::read<std::vector<history::EntityCount>>(row->entities);
        if (own) counts.insert(counts.end(), own->begin(), own->end());
    }
    return counts;
}

history::Segment read_segment(history::Storage& storage, const SegmentRow& row) {
    auto bytes = storage.read(row.name);
    if (!bytes) throw history::SegmentError(row.name + " is missing");
    try {
        auto segment = history::unpack(*bytes);
        if (segment.digest != row.digest)
            throw history::SegmentError("is not the file whose digest the database has");
        return segment;
    } catch (const history::SegmentError& error) {
        throw history::SegmentError(row.name + " " + error.what());
    }
}

std::span<const history::Entry> entries_after(const history::Segment& segment, std::int64_t position,
                                              int limit) {
    auto begin = std::ranges::upper_bound(segment.entries, position, {}, &history::Entry::position);
    return {begin, begin + std::min<std::ptrdiff_t>(limit, segment.entries.end() - begin)};
}

std::shared_ptr<const history::Segment> SegmentReader::cached(const std::string& digest) {
    std::lock_guard lock{mutex_};
    auto found = std::ranges::find(cache_, digest, [](const auto& each) { return each->digest; });
    if (found == cache_.end()) return nullptr;
    std::rotate(found, found + 1, cache_.end());
    return cache_.back();
}

Task<std::shared_ptr<const history::Segment>> SegmentReader::load(SegmentRow row) {
    if (auto found = cached(row.digest)) co_return found;
    if (!storage_)
        throw history::SegmentError(row.name +
                                    " can't be read: set --history-folder to the folder that has it");
    std::shared_ptr<const history::Segment> loaded;
    co_await storage_->run([&] {
        loaded = cached(row.digest);  // perhaps another subscriber has just read it
        if (loaded) return;
        loaded = std::make_shared<const history::Segment>(read_segment(*storage_, row));
        std::lock_guard lock{mutex_};
        if (cache_.size() == max_cached) cache_.erase(cache_.begin());
        cache_.push_back(loaded);
    });
    co_return loaded;
}

// generation: the stream that has all its events; 0: no stream has ever had them; -1: the first may have lost
//   them.
// published_at: when the last of them was stored there.
// published_to: how far it has been published to the later stream published_in.
sql::Migration segments_migration(int version) {
    return {"outbox", version, R"(
        CREATE TABLE outbox_segments (
            number         BIGINT PRIMARY KEY,
            name           TEXT NOT NULL,
            digest         TEXT NOT NULL,
            first_position BIGINT NOT NULL,
            last_position  BIGINT NOT NULL,
            events         BIGINT NOT NULL,
            first_time     BIGINT NOT NULL,
            last_time      BIGINT NOT NULL,
            entities       TEXT NOT NULL,
            cleared        BIGINT NOT NULL DEFAULT 0,
            generation     BIGINT NOT NULL,
            published_at   BIGINT NOT NULL,
            published_to   BIGINT NOT NULL DEFAULT 0,
            published_in   BIGINT NOT NULL DEFAULT 0,
            claimed_until  BIGINT NOT NULL DEFAULT 0
        );
        CREATE INDEX outbox_segments_position ON outbox_segments(last_position);
        CREATE TABLE outbox_archiver (
            one         BIGINT PRIMARY KEY,
            owner       TEXT NOT NULL,
            lease_until BIGINT NOT NULL
        );
        INSERT INTO outbox_archiver(one, owner, lease_until) VALUES (1, '', 0);)"};
}

}  // namespace stagedoor::outbox
