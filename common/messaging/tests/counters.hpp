// What the tests of events tell each other of: counters that go up, each with events of two kinds.
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

// Nobody listens to this one; its versions count all the same.
struct CounterNamed {
    static constexpr std::string_view subject = "counter.named";
    static constexpr std::string_view source = "counters";
    std::string id;
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id; }
};
BOOST_DESCRIBE_STRUCT(CounterNamed, (), (id, version))

// What a listener tells in its turn.
struct ReportWritten {
    static constexpr std::string_view subject = "report.written";
    static constexpr std::string_view source = "reports";
    std::string id;
    std::int64_t version = 1;
    [[nodiscard]] const std::string& entity_id() const { return id; }
};
BOOST_DESCRIBE_STRUCT(ReportWritten, (), (id, version))

template <contracts::Event E>
Event event_of(const E& data, Instant time, std::string traceparent = {}) {
    return {std::string{E::subject}, std::string{E::source}, data.entity_id(), data.version, time,
            std::move(traceparent),  json::to_json(data)};
}

// The tables that every service has, and one of what was heard, in the order in which it was.
inline std::vector<sql::Migration> test_migrations() {
    auto all = outbox::migrations();
    for (auto& each : Inbox::migrations()) all.push_back(std::move(each));
    all.push_back({"test", 1, R"(
        CREATE TABLE heard (
            position  BIGSERIAL PRIMARY KEY,
            id        TEXT NOT NULL,
            version   BIGINT NOT NULL,
            by        BIGINT NOT NULL
        );)"});
    return all;
}

inline void hear(sql::Tx& tx, const CounterRaised& event) {
    tx.execute("INSERT INTO heard(id, version, by) VALUES ($1, $2, $3)", event.id, event.version, event.by);
}

}  // namespace stagedoor::messaging
