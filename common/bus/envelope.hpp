// An event as JSON text, for a broker and for services in other languages.
#pragma once

#include <expected>
#include <string>

#include "common/bus/event.hpp"

namespace stagedoor::bus {

// The envelope of docs/contract.md: {id, type, time, source, entityId, version, traceparent?, data}.
[[nodiscard]] std::string to_envelope(const Event& event);
// Ignores unknown members. The error says what is wrong with the text.
[[nodiscard]] std::expected<Event, std::string> from_envelope(std::string_view text);

}  // namespace stagedoor::bus
