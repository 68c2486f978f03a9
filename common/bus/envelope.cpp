#include "common/bus/envelope.hpp"

#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "common/language/message.hpp"

namespace stagedoor::bus {
namespace {

struct Envelope {
    std::string id, type;
    Instant time;
    std::string source, entity_id;
    std::int64_t version = 0;
    std::optional<std::string> traceparent;
    json::Value data;
};
BOOST_DESCRIBE_STRUCT(Envelope, (), (id, type, time, source, entity_id, version, traceparent, data))

}  // namespace

std::string to_envelope(const Event& event) {
    std::string out = R"({"id":)";
    json::write_string(out, event.id());
    out += R"(,"type":)";
    json::write_string(out, event.type);
    out += R"(,"time":")" + event.time.to_text() + R"(","source":)";
    json::write_string(out, event.source);
    out += R"(,"entityId":)";
    json::write_string(out, event.entity_id);
    out += R"(,"version":)";
    json::write_whole(out, event.version);
    if (!event.traceparent.empty()) {
        out += R"(,"traceparent":)";
        json::write_string(out, event.traceparent);
    }
    out += R"(,"data":)" + event.data + "}";
    return out;
}

std::expected<Event, std::string> from_envelope(std::string_view text) {
    auto envelope = json::read<Envelope>(text);
    if (!envelope) {
        const auto& first = envelope.error().front();
        auto message = language::to_text(first.message);
        return std::unexpected(first.field.empty() ? message : first.field + " " + message);
    }
    if (envelope->version < 1) return std::unexpected("version must be at least 1");
    std::string data;
    json::write_value(data, envelope->data);
    return Event{envelope->type,    envelope->source, envelope->entity_id,
                 envelope->version, envelope->time,   envelope->traceparent.value_or(""),
                 std::move(data)};
}

}  // namespace stagedoor::bus
