// An event on its way: who says what about which entity, and its data as JSON text.
#pragma once

#include <expected>
#include <string>

#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "contracts/event_of.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::events {

struct Event {
    std::string type;    // subject, "order.created"
    std::string source;  // service, "orders"
    std::string entity_id;
    std::int64_t version = 0;
    Instant time;
    std::string traceparent;  // may be empty
    std::string data;         // JSON

    // "order"
    [[nodiscard]] std::string entity() const { return std::string{contracts::entity_of(type)}; }
    // Unique and the same at each sending: an entity has one event of each version.
    [[nodiscard]] std::string id() const;
};

// The envelope of CONTRACT.md, as it goes over a broker: {id, type, time, source, entityId, version, traceparent?, data}.
[[nodiscard]] std::string to_envelope(const Event& event);
// Unknown members are ignored; else what is wrong with it.
[[nodiscard]] std::expected<Event, std::string> from_envelope(std::string_view text);

}  // namespace stagedoor::events
