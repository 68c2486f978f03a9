// An event in transit: its source, subject, entity and version, and its data as JSON text.
#pragma once

#include <cstdint>
#include <string>

#include "contracts/events/event.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::bus {

struct Event {
    std::string type;    // subject, "order.created"
    std::string source;  // service, "orders"
    std::string entity_id;
    std::int64_t version = 0;
    Instant time;
    std::string traceparent;  // may be empty
    std::string data;         // JSON
    bool operator==(const Event&) const = default;

    // "order"
    [[nodiscard]] std::string entity() const { return std::string{contracts::entity_of(type)}; }
    // Unique, and the same each time the event is published: an entity has one event per version.
    [[nodiscard]] std::string id() const {
        return entity() + ":" + entity_id + ":" + std::to_string(version);
    }
};

}  // namespace stagedoor::bus
