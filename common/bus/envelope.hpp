// An event as text, for a broker and for services in other languages.
#pragma once

#include <expected>
#include <string>

#include "common/bus/event.hpp"

namespace stagedoor::bus {

// The envelope of CONTRACT.md, as it goes over a broker: {id, type, time, source, entityId, version,
// traceparent?, data}.
[[nodiscard]] std::string to_envelope(const Event& event);
// Unknown members are ignored; else what is wrong with it.
[[nodiscard]] std::expected<Event, std::string> from_envelope(std::string_view text);

}  // namespace stagedoor::bus
