#include "common/messaging/outbox.hpp"

#include "common/messaging/segments.hpp"
#include "common/sql/row_inserter.hpp"

namespace stagedoor::outbox {

void publish(sql::Tx& tx, const bus::Event& event) { publish_all(tx, std::span{&event, 1}); }

void publish_all(sql::Tx& tx, std::span<const bus::Event> events) {
    sql::RowInserter rows{tx, "outbox(type, entity_id, version, time, traceparent, data)"};
    for (const auto& each : events)
        rows.add(each.type, each.entity_id, each.version, each.time, each.traceparent, each.data);
    rows.flush();
    for (const auto& each : events) tx.notify_of(each);
    if (!events.empty()) tx.notify(channel);
}

std::int64_t newest_position(sql::Tx& tx) {
    return tx.find<std::int64_t>("SELECT coalesce(max(position), 0) FROM outbox").value_or(0);
}

std::vector<sql::Migration> migrations() {
    return {
        {"outbox", 1, R"(
        CREATE TABLE outbox (
            position    BIGSERIAL PRIMARY KEY,
            type        TEXT NOT NULL,
            entity_id   TEXT NOT NULL,
            version     BIGINT NOT NULL,
            time        BIGINT NOT NULL,
            traceparent TEXT NOT NULL,
            data        TEXT NOT NULL
        );)"},
        // `generation` is the stream that an event was published to, NULL if it is unpublished. outbox_stream
        // has one row: what is known about the current stream.
        {"outbox", 2, R"(
        ALTER TABLE outbox ADD COLUMN claimed_until BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE outbox ADD COLUMN generation BIGINT;
        ALTER TABLE outbox ADD COLUMN published_at BIGINT;
        CREATE INDEX outbox_unpublished ON outbox(position) WHERE generation IS NULL;
        CREATE INDEX outbox_published ON outbox(generation, published_at) WHERE generation IS NOT NULL;
        CREATE TABLE outbox_stream (
            one           BIGINT PRIMARY KEY,
            created       TEXT NOT NULL,
            last_sequence BIGINT NOT NULL,
            generation    BIGINT NOT NULL
        );
        INSERT INTO outbox_stream(one, created, last_sequence, generation) VALUES (1, '', 0, 0);)"},
        segments_migration(3)};
}

}  // namespace stagedoor::outbox
