#include "simulation/servers/direct_databases.hpp"

#include "common/history/segment.hpp"
#include "simulation/servers/history_storage.hpp"

namespace stagedoor::simulation {

std::vector<testing::Row> DirectDatabases::query(const std::string& name, const std::string& statement) {
    ++queries_;
    auto& server = marketplace_.database(name);
    auto& reader = readers_[name];
    if (!reader.direct || reader.process != server.process()) {
        reader = {.process = server.process(),
                  .direct = std::make_unique<DirectReader>(server.path()),
                  .segments = {},
                  .known = {}};
        reader.direct->query("PRAGMA temp_store = MEMORY");
        reader.direct->query(
            "CREATE TEMP TABLE moved_events (position INTEGER PRIMARY KEY, type TEXT, entity_id TEXT,"
            " version INTEGER, time INTEGER, traceparent TEXT, data TEXT)");
        reader.direct->query(
            "CREATE TEMP VIEW outbox AS SELECT * FROM main.outbox UNION ALL SELECT *, 0, 1, 0 FROM"
            " moved_events WHERE position NOT IN (SELECT position FROM main.outbox)");
    }
    if (std::exchange(reader.disk_changes, server.disk().changes) != server.disk().changes)
        reader.known.clear();
    if (auto known = reader.known.find(statement); known != reader.known.end()) return known->second;
    if (statement.contains("outbox")) read_history(reader);
    return reader.known[statement] = reader.direct->query(statement);
}

std::vector<DirectDatabases::File> DirectDatabases::segments_of(DirectReader& reader) {
    if (reader.query("SELECT 1 FROM main.sqlite_schema WHERE name = 'outbox_segments'").empty()) return {};
    std::vector<File> files;
    for (const auto& row : reader.query("SELECT name FROM main.outbox_segments ORDER BY number")) {
        const auto& name = row.front().value();
        const auto* content = find_history_file(marketplace_, name);
        if (!content) throw std::runtime_error("a segment is missing: " + name);
        files.push_back({name, *content});
    }
    return files;
}

// Reads only new segments, unless known ones have changed: then they are read, and fail, again.
void DirectDatabases::read_history(Reader& reader) {
    auto segments = segments_of(*reader.direct);
    if (segments.size() < reader.segments.size() ||
        !std::ranges::equal(reader.segments, std::span{segments}.first(reader.segments.size()))) {
        reader.direct->query("DELETE FROM moved_events");
        reader.segments.clear();
    }
    for (auto& file : std::span{segments}.subspan(reader.segments.size())) {
        history::Segment segment;
        try {
            segment = history::unpack(file.content);
        } catch (const history::SegmentError& error) {
            throw std::runtime_error("the segment " + file.name + " " + error.what());
        }
        for (const auto& [position, event] : segment.entries) {
            reader.direct->query(
                "INSERT INTO moved_events VALUES (?, ?, ?, ?, ?, ?, ?)",
                {std::to_string(position), event.type, event.entity_id, std::to_string(event.version),
                 std::to_string(event.time.milliseconds), event.traceparent, event.data});
        }
        reader.segments.push_back(std::move(file));
    }
}

}  // namespace stagedoor::simulation
