#include "common/events/outbox.hpp"

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

}  // namespace

void add(sql::Tx& tx, const bus::Event& event) {
    tx.send(
        "INSERT INTO outbox(type, entity_id, version, time, traceparent, data) VALUES ($1, $2, $3, $4, $5, "
        "$6)",
        event.type, event.entity_id, event.version, event.time, event.traceparent, event.data);
    tx.notify(channel);
}

std::vector<bus::Log::Entry> read_after(sql::Tx& tx, std::string_view source, std::int64_t position,
                                        int limit) {
    auto rows = tx.query<Row>(
        "SELECT position, type, entity_id, version, time, traceparent, data FROM outbox"
        " WHERE position > $1 ORDER BY position LIMIT $2",
        position, limit);
    std::vector<bus::Log::Entry> entries;
    entries.reserve(rows.size());
    for (auto& row : rows) {
        entries.push_back({row.position,
                           {std::move(row.type), std::string{source}, std::move(row.entity_id), row.version,
                            row.time, std::move(row.traceparent), std::move(row.data)}});
    }
    return entries;
}

Task<std::vector<bus::Log::Entry>> Log::read_after(std::int64_t position, int limit) {
    return db_.read(
        [this, position, limit](sql::Tx& tx) { return outbox::read_after(tx, service_, position, limit); });
}

std::int64_t newest(sql::Tx& tx) {
    return tx.find<std::int64_t>("SELECT coalesce(max(position), 0) FROM outbox").value_or(0);
}

std::vector<sql::Migration> migrations() {
    return {{"outbox", 1, R"(
        CREATE TABLE outbox (
            position    BIGSERIAL PRIMARY KEY,
            type        TEXT NOT NULL,
            entity_id   TEXT NOT NULL,
            version     BIGINT NOT NULL,
            time        BIGINT NOT NULL,
            traceparent TEXT NOT NULL,
            data        TEXT NOT NULL
        );)"}};
}

}  // namespace stagedoor::outbox
