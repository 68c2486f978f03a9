// A service's events: each is a row written in the transaction of its change, so that there is never one
// without the other. Old rows move to segment files (archiver.hpp). Nothing published is ever deleted: a bus
// that loses events is refilled from the segments and the rows.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/bus/event.hpp"
#include "common/json/write.hpp"
#include "common/sql/migration.hpp"
#include "common/sql/tx.hpp"
#include "contracts/events/event.hpp"

namespace stagedoor::outbox {

// Channel for Database::listen, notified when there are new events.
inline constexpr std::string_view channel = "outbox";

void publish(sql::Tx& tx, const bus::Event& event);

// With the time and the trace of the transaction.
template <contracts::Event E>
[[nodiscard]] bus::Event to_bus_event(const sql::Tx& tx, const E& event) {
    return {std::string{E::subject}, std::string{E::source}, event.entity_id(), event.version, tx.now(),
            tx.traceparent(),        json::to_json(event)};
}

template <contracts::Event E>
void publish(sql::Tx& tx, const E& event) {
    publish(tx, to_bus_event(tx, event));
}

// Many events at once, in their order.
void publish_all(sql::Tx& tx, std::span<const bus::Event> events);

template <contracts::Event E>
void publish_all(sql::Tx& tx, const std::vector<E>& events) {
    std::vector<bus::Event> all;
    all.reserve(events.size());
    for (const auto& each : events) all.push_back(to_bus_event(tx, each));
    publish_all(tx, all);
}

// The position of the newest event; 0 if there is none.
[[nodiscard]] std::int64_t newest_position(sql::Tx& tx);

[[nodiscard]] std::vector<sql::Migration> migrations();

}  // namespace stagedoor::outbox
