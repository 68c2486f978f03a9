#include "apps/describe/documents.hpp"

#include <fstream>
#include <sstream>

#include "apps/describe/comments.hpp"
#include "apps/describe/pretty.hpp"
#include "common/json/schema.hpp"
#include "contracts/events/all.hpp"
#include "services/all_services.hpp"

namespace stagedoor::describe {
namespace {

using json::Array, json::Object, json::Value;

struct EventType {
    std::string subject, source;
    Value data;  // its schema
    std::string comment;

    // "OrderCreated"
    [[nodiscard]] std::string title() const {
        std::string out;
        for (bool first = true; auto c : subject) {
            if (c != '.') out += first ? static_cast<char>(c - 'a' + 'A') : c;
            first = c == '.';
        }
        return out;
    }
};

std::vector<EventType> all_events(const std::map<std::string, std::string>& comments) {
    std::vector<EventType> all;
    boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, contracts::AllEvents>>(
        [&]<class E>(boost::mp11::mp_identity<E>) {
            std::string subject{E::subject};
            auto comment = comments.find(subject);
            all.push_back({subject, std::string{E::source}, json::parse(json::schema<E>()).value(),
                           comment == comments.end() ? "" : comment->second});
        });
    std::ranges::sort(all, {}, &EventType::subject);
    return all;
}

Value text(std::string_view value) { return Value{std::string{value}}; }
Value object(Object members) { return Value{std::move(members)}; }
Value reference(const std::string& to) { return object({{"$ref", text("#/" + to)}}); }
Value only(std::string_view value) { return object({{"type", text("string")}, {"const", text(value)}}); }
Value some_text(std::string_view description) {
    return object({{"type", text("string")},
                   {"minLength", Value{json::Number{"1"}}},
                   {"description", text(description)}});
}

// The envelope as common/bus/envelope.cpp writes it, with this event's data.
Object envelope_schema(const EventType& event) {
    Object properties{
        {"id", some_text("The same at each sending of this event.")},
        {"type", only(event.subject)},
        {"time", object({{"type", text("string")}, {"format", text("date-time")}})},
        {"source", only(event.source)},
        {"entityId", some_text("Which entity it is about.")},
        {"version", object({{"type", text("integer")},
                            {"minimum", Value{json::Number{"1"}}},
                            {"description", text("Counts the events of that entity without gaps.")}})},
        {"traceparent", object({{"type", text("string")}, {"description", text("W3C Trace Context.")}})},
        {"data", event.data}};
    Array required;
    for (const auto& [name, schema] : properties) {
        if (name != "traceparent") required.push_back(text(name));
    }
    return {{"title", text(event.title())},
            {"description", text(event.comment)},
            {"type", text("object")},
            {"properties", object(std::move(properties))},
            {"required", Value{std::move(required)}}};
}

Value json_schema(const EventType& event) {
    Object document{{"$schema", text("https://json-schema.org/draft/2020-12/schema")},
                    {"$id", text("urn:stagedoor:events:" + event.subject)}};
    for (auto& member : envelope_schema(event)) document.push_back(std::move(member));
    return object(std::move(document));
}

Value operation(std::string_view action, const std::string& service, const EventType& event) {
    return object({{"action", text(action)},
                   {"channel", reference("channels/" + event.subject)},
                   {"tags", Value{Array{object({{"name", text(service)}})}}}});
}

// Who tells it, and who receives it.
Object operations(const std::vector<EventType>& events, const Registrations& registrations) {
    Object all;
    for (const auto& event : events) {
        all.emplace_back(event.source + ".tells." + event.subject, operation("send", event.source, event));
        for (const auto& [service, subscriptions] : registrations) {
            auto heard = subscriptions.find(event.source);
            if (heard == subscriptions.end() ||
                !heard->second.contains(std::string{contracts::entity_of(event.subject)}))
                continue;
            all.emplace_back(service + ".receives." + event.subject, operation("receive", service, event));
        }
    }
    return all;
}

constexpr std::string_view about =
    "What the services of Stagedoor tell each other, and anybody else who listens. Made by "
    "stagedoor-describe from "
    "contracts/ and from the services' registrations. Every event is told at least once; those of one entity "
    "are "
    "counted by `version`, without gaps. Who receives one event of an entity receives them all, to know of "
    "gaps. A "
    "channel's "
    "address is the event's type and its NATS subject. Members that you don't know are to be ignored: some "
    "will be "
    "added, none is ever renamed or used for something else.";

Value asyncapi(const std::vector<EventType>& events, const Registrations& registrations) {
    Object channels, messages, schemas;
    for (const auto& event : events) {
        auto title = event.title();
        channels.emplace_back(
            event.subject,
            object({{"address", text(event.subject)},
                    {"messages", object({{title, reference("components/messages/" + title)}})}}));
        messages.emplace_back(title, object({{"name", text(event.subject)},
                                             {"title", text(title)},
                                             {"summary", text(event.comment)},
                                             {"payload", reference("components/schemas/" + title)}}));
        schemas.emplace_back(title, object(envelope_schema(event)));
    }
    auto jetstream =
        object({{"host", text("localhost:4222")},
                {"protocol", text("nats")},
                {"description", text("NATS with JetStream, in the distributed shape; see NATS_URL.")}});
    return object({{"asyncapi", text("3.0.0")},
                   {"info", object({{"title", text("Stagedoor events")},
                                    {"version", text("1.0")},
                                    {"description", text(about)}})},
                   {"defaultContentType", text("application/json")},
                   {"servers", object({{"jetstream", std::move(jetstream)}})},
                   {"channels", object(std::move(channels))},
                   {"operations", object(operations(events, registrations))},
                   {"components", object({{"messages", object(std::move(messages))},
                                          {"schemas", object(std::move(schemas))}})}});
}

std::string content(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
}

}  // namespace

Documents documents(const Registrations& registrations, const std::map<std::string, std::string>& comments) {
    auto events = all_events(comments);
    Documents all{{"asyncapi.json", pretty(asyncapi(events, registrations))}};
    for (const auto& event : events) all["schemas/" + event.subject + ".json"] = pretty(json_schema(event));
    return all;
}

Documents documents(const std::filesystem::path& root) {
    auto comments = event_comments(root / "contracts");
    return documents(IdleServices{all_services()}.registrations(), comments);
}

Documents checked_in_documents(const std::filesystem::path& root) {
    Documents all{{"asyncapi.json", content(root / "docs" / "asyncapi.json")}};
    std::error_code none_yet;
    for (const auto& file : std::filesystem::directory_iterator{root / "docs" / "schemas", none_yet})
        all["schemas/" + file.path().filename().string()] = content(file.path());
    return all;
}

}  // namespace stagedoor::describe
