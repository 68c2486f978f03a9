// Events for the tests of messaging: an entity "counter" with two kinds of events, and another entity.
#pragma once

#include "common/idempotency/idempotent.hpp"
#include "common/messaging/inbox.hpp"
#include "common/messaging/outbox.hpp"

namespace stagedoor::messaging {

struct CounterRaised {
    static constexpr std::string_view subject = "counter.raised";
    static constexpr std::string_view source = "counters";
    std::string id;
    std::int64_t by = 0;
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id; }
};
BOOST_DESCRIBE_STRUCT(CounterRaised, (), (id, by, version))

// Has no handler, but its versions count too.
struct CounterNamed {
    static constexpr std::string_view subject = "counter.named";
    static constexpr std::string_view source = "counters";
    std::string id;
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id; }
};
BOOST_DESCRIBE_STRUCT(CounterNamed, (), (id, version))

// Published by handlers.
struct ReportWritten {
    static constexpr std::string_view subject = "report.written";
    static constexpr std::string_view source = "reports";
    std::string id;
    std::int64_t version = 1;
    [[nodiscard]] const std::string& entity_id() const { return id; }
};
BOOST_DESCRIBE_STRUCT(ReportWritten, (), (id, version))

template <contracts::Event E>
bus::Event event_of(const E& data, Instant time, std::string traceparent = {}) {
    return {std::string{E::subject}, std::string{E::source}, data.entity_id(), data.version, time,
            std::move(traceparent),  json::to_json(data)};
}

// The tables of every service, and `received` with the events in the order in which they were handled.
inline std::vector<sql::Migration> test_migrations() {
    auto all = outbox::migrations();
    for (auto& each : Inbox::migrations()) all.push_back(std::move(each));
    all.push_back({"test", 1, R"(
        CREATE TABLE received (
            position  BIGSERIAL PRIMARY KEY,
            id        TEXT NOT NULL,
            version   BIGINT NOT NULL,
            by        BIGINT NOT NULL
        );)"});
    return all;
}

inline void record(sql::Tx& tx, const CounterRaised& event) {
    tx.execute("INSERT INTO received(id, version, by) VALUES ($1, $2, $3)", event.id, event.version,
               event.by);
}

}  // namespace stagedoor::messaging
