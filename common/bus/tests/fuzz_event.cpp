// What a hostile NATS server may deliver. Arbitrary bytes are either an event or rejected with a message, and
// an event survives a round trip. A signature, the line before the envelope, is accepted only if the service
// made it.
#include <cstdint>
#include <cstdlib>

#include "common/bus/envelope.hpp"
#include "common/bus/signature.hpp"
#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/tickets.hpp"

namespace {

using namespace stagedoor;

void require(bool condition) {
    if (!condition) std::abort();
}

// Parses the data as the inbox does for a handler.
template <class E>
void read_as(const bus::Event& event) {
    auto data = json::read<E>(event.data);
    if (!data) return require(!data.error().empty());
    require(json::read<E>(json::to_json(*data)).has_value());
}

// The envelope.
std::string_view check_signature(std::string_view text) {
    static const auto key = bus::EventKey::parse(std::string(64, 'a')).value();
    static const bus::EventKeys keys{.signing = {{"shop", key}}, .trusted = {{"shop", {key.public_key()}}}};
    auto end = text.starts_with('{') ? std::string_view::npos : text.find('\n');
    if (end == std::string_view::npos) return text;
    auto signature = text.substr(0, end), envelope = text.substr(end + 1);
    require(keys.problem_with("shop", envelope, signature).empty() ==
            (keys.sign("shop", envelope) == signature));
    return envelope;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto event = bus::from_envelope(check_signature({reinterpret_cast<const char*>(data), size}));
    if (!event) {
        require(!event.error().empty());
        return 0;
    }
    require(event->version >= 1 && event->id().ends_with(std::to_string(event->version)));
    auto again = bus::from_envelope(bus::to_envelope(*event));
    require(again.has_value());
    require(again->type == event->type && again->source == event->source &&
            again->entity_id == event->entity_id);
    require(again->version == event->version && again->time == event->time);
    require(again->traceparent == event->traceparent && again->data == event->data);
    read_as<contracts::OrderCreated>(*event);
    read_as<contracts::TicketUpdated>(*event);
    return 0;
}
