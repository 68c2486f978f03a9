#include "common/bus/jetstream/api.hpp"

#include <algorithm>
#include <charconv>

#include "common/json/write.hpp"
#include "common/language/message.hpp"

namespace stagedoor::bus {
namespace {

constexpr auto request_timeout = std::chrono::seconds{3};
// Per consumer, for all replicas of its service together: eight batches.
constexpr std::int64_t max_unacknowledged = 2'048;

// JetStream's error codes.
constexpr std::int64_t stream_not_found = 10059, consumer_not_found = 10014, stream_name_in_use = 10058,
                       subjects_overlap = 10065, consumer_not_made = 10012;

// The stream is being created or deleted: the server knows its name but has no store for it. There is no
// error code for this, only a text.
bool is_being_set_up(const JetStreamError& error) {
    return error.code == consumer_not_made && std::string_view{error.what()} == "invalid stream";
}

std::int64_t nanoseconds(std::chrono::milliseconds time) { return std::chrono::nanoseconds{time}.count(); }

struct StreamConfig {
    std::string name;
    std::vector<std::string> subjects;
    std::string retention = "limits", storage = "file", discard = "old";
    std::int64_t max_consumers = -1, max_msgs = -1, max_bytes = -1, max_age = 0, max_msg_size = -1;
    std::int64_t num_replicas = 1, duplicate_window = 0;
};
BOOST_DESCRIBE_STRUCT(StreamConfig, (),
                      (name, subjects, retention, storage, discard, max_consumers, max_msgs, max_bytes,
                       max_age, max_msg_size, num_replicas, duplicate_window))

struct ConsumerConfig {
    std::string name, durable_name, filter_subject;
    std::string deliver_policy = "all", ack_policy = "explicit", replay_policy = "instant";
    std::int64_t ack_wait = 0, max_deliver = -1, max_ack_pending = max_unacknowledged;
};
BOOST_DESCRIBE_STRUCT(ConsumerConfig, (),
                      (name, durable_name, filter_subject, deliver_policy, ack_policy, replay_policy,
                       ack_wait, max_deliver, max_ack_pending))

// JetStream's JSON names are in snake_case, unlike ours.
template <class T>
std::string to_json(const T& config) {
    std::string out = "{";
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto D) {
        if (out.size() > 1) out += ',';
        json::write_string(out, D.name);
        out += ':';
        json::write(out, config.*D.pointer);
    });
    return out + "}";
}

std::string subject_of(const std::string& entity) { return entity + ".>"; }

// The config of an existing stream with what it lacks; nullopt if it lacks nothing. Subjects are never
// removed: the next version of the service may publish more than this one.
std::optional<std::string> config_update(const json::Value& config, const std::set<std::string>& entities,
                                         int replicas) {
    auto object = config.object() ? *config.object() : json::Object{};
    bool changed = false;
    for (auto& [name, value] : object) {
        if (name == "subjects" && value.array()) {
            auto subjects = *value.array();
            for (const auto& entity : entities) {
                auto covers_entity = [&](const json::Value& each) {
                    return each.string() && *each.string() == subject_of(entity);
                };
                if (std::ranges::any_of(subjects, covers_entity)) continue;
                subjects.emplace_back(subject_of(entity));
                changed = true;
            }
            value = json::Value{std::move(subjects)};
        } else if (name == "num_replicas" && to_integer(value) != replicas) {
            value = json::Value{json::Number{std::to_string(replicas)}};
            changed = true;
        }
    }
    if (!changed) return std::nullopt;
    std::string text;
    json::write_value(text, json::Value{std::move(object)});
    return text;
}

ConsumerState to_consumer_state(const json::Value& info) {
    const auto* created = info["created"].string();
    return {.undelivered = to_integer(info["num_pending"]),
            .unacknowledged = to_integer(info["num_ack_pending"]),
            .acknowledged_to = to_integer(info["ack_floor"]["stream_seq"]),
            .delivered_to = to_integer(info["delivered"]["stream_seq"]),
            .deliveries = to_integer(info["delivered"]["consumer_seq"]),
            .created = created ? *created : ""};
}

}  // namespace

std::string stream_name(std::string_view prefix, std::string_view service) {
    return to_jetstream_name(std::string{prefix} + std::string{service});
}

std::string consumer_name(std::string_view service, std::string_view entity) {
    return to_jetstream_name(std::string{service} + "-" + std::string{entity});
}

std::string to_jetstream_name(std::string_view text) {
    std::string name{text};
    for (auto& c : name) {
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') c = '_';
    }
    return name;
}

std::int64_t to_integer(const json::Value& value) {
    std::int64_t number = 0;
    if (const auto* found = value.number())
        std::from_chars(found->text.data(), found->text.data() + found->text.size(), number);
    return number;
}

Task<json::Value> JetStreamApi::request(std::int64_t epoch, std::string subject, std::string body) {
    (void)responses_->take();  // drops late responses to earlier requests
    auto address = responses_->address_of(++last_request_);
    if (!connection_.send(epoch,
                          {.subject = "$JS.API." + subject, .reply = address, .data = std::move(body)}))
        throw NoResponse("not connected");
    runtime::Timeout timeout{clock_, request_timeout};
    for (bool in_time = true; in_time;) {
        in_time = co_await responses_->wait_until(timeout) && connection_.epoch() == epoch;
        for (auto& response : responses_->take()) {
            if (response.subject != address) continue;
            if (response.status != 0) throw NoResponse("JetStream is unavailable or has no leader");
            auto document = json::parse(response.data);
            if (!document)
                throw NoResponse("invalid JetStream response: " + language::to_text(document.error()));
            const auto& error = (*document)["error"];
            if (error.object()) {
                const auto* text = error["description"].string();
                throw JetStreamError(to_integer(error["err_code"]), text ? *text : "unknown error");
            }
            co_return std::move(*document);
        }
    }
    throw NoResponse("no response from JetStream to " + subject);
}

Task<json::Value> JetStreamApi::stream_info(std::int64_t epoch, std::string stream) {
    return request(epoch, "STREAM.INFO." + stream, "");
}

Task<> JetStreamApi::create_stream(std::int64_t epoch, std::string stream,
                                   const std::set<std::string>& entities) {
    StreamConfig config{.name = stream,
                        .num_replicas = options_.replicas,
                        .duplicate_window = nanoseconds(options_.duplicate_window)};
    for (const auto& entity : entities) config.subjects.push_back(subject_of(entity));
    std::optional<JetStreamError> overlap;
    try {
        (void)co_await request(epoch, "STREAM.CREATE." + stream, to_json(config));
    } catch (const JetStreamError& error) {
        if (error.code == subjects_overlap)
            overlap = error;
        else if (error.code != stream_name_in_use)  // created by a replica of another version
            throw;
    }
    if (!overlap) co_return;
    try {  // replicas that create the same stream at the same time get this error too
        (void)co_await stream_info(epoch, stream);
    } catch (const JetStreamError&) {
        throw *overlap;
    }
}

Task<StreamState> JetStreamApi::declare_stream(std::int64_t epoch, const std::string& service,
                                               const std::set<std::string>& entities) {
    auto stream = stream_of(service);
    std::optional<json::Value> info;
    try {
        info = co_await stream_info(epoch, stream);
    } catch (const JetStreamError& error) {
        if (error.code != stream_not_found) throw;
    }
    if (!info) {
        co_await create_stream(epoch, stream, entities);
        info = co_await stream_info(epoch, stream);
    }
    if (auto update = config_update((*info)["config"], entities, options_.replicas))
        (void)co_await request(epoch, "STREAM.UPDATE." + stream, *update);
    const auto* created = (*info)["created"].string();
    co_return StreamState{created ? *created : "", to_integer((*info)["state"]["last_seq"])};
}

Task<FoundConsumer> JetStreamApi::declare_consumer(std::int64_t epoch, std::string stream,
                                                   std::string durable, std::string entity) {
    ConsumerConfig config{.name = durable,
                          .durable_name = durable,
                          .filter_subject = subject_of(entity),
                          .ack_wait = nanoseconds(options_.ack_wait)};
    std::string body = R"({"stream_name":)";
    json::write_string(body, stream);
    body += R"(,"config":)" + to_json(config) + "}";
    // The subject contains the filter, so that a user's permissions can say which events it may read.
    auto subject = "CONSUMER.CREATE." + stream + "." + durable + "." + config.filter_subject;
    try {
        co_return to_consumer_state(co_await request(epoch, std::move(subject), std::move(body)));
    } catch (const JetStreamError& error) {
        if (error.code != stream_not_found && !is_being_set_up(error)) throw;
    }
    co_return std::unexpected{Missing::stream};
}

Task<FoundConsumer> JetStreamApi::find_consumer(std::int64_t epoch, std::string stream, std::string durable) {
    auto missing = Missing::consumer;
    try {
        co_return to_consumer_state(co_await request(epoch, "CONSUMER.INFO." + stream + "." + durable, ""));
    } catch (const JetStreamError& error) {
        if (error.code == stream_not_found)
            missing = Missing::stream;
        else if (error.code != consumer_not_found)
            throw;
    }
    co_return std::unexpected{missing};
}

Task<> JetStreamApi::delete_consumer(std::int64_t epoch, std::string stream, std::string durable) {
    try {
        (void)co_await request(epoch, "CONSUMER.DELETE." + stream + "." + durable, "");
    } catch (const JetStreamError& error) {  // another replica was quicker
        if (error.code != consumer_not_found && error.code != stream_not_found) throw;
    }
}

// One request per consumer: a cluster that has lost a server takes long to respond to a request for all of
// them.
Task<> JetStreamApi::drop_consumers_ahead(std::int64_t epoch, std::string stream) {
    std::map<std::string, std::int64_t> delivered;  // the last sequence, by consumer
    for (const auto& name : co_await consumer_names(epoch, stream)) {
        try {
            auto info = co_await request(epoch, "CONSUMER.INFO." + stream + "." + name, "");
            delivered[name] = to_integer(info["delivered"]["stream_seq"]);
        } catch (const JetStreamError&) {  // deleted meanwhile
        } catch (const NoResponse&) {      // it has no leader at present, which must not block the relay
            if (connection_.epoch() != epoch) throw;
        }
    }
    auto ahead = co_await ahead_of_stream(epoch, stream, std::move(delivered));
    if (!ahead.empty() && options_.replicas > 1) {
        co_await runtime::sleep_for(clock_, recheck_delay);
        ahead = co_await ahead_of_stream(epoch, stream, std::move(ahead));
    }
    for (const auto& [name, sequence] : ahead) co_await delete_consumer(epoch, stream, name);
}

// Those of `delivered` whose sequence is beyond the end of the stream.
Task<std::map<std::string, std::int64_t>> JetStreamApi::ahead_of_stream(
    std::int64_t epoch, std::string stream, std::map<std::string, std::int64_t> delivered) {
    if (delivered.empty()) co_return delivered;
    auto info = co_await stream_info(epoch, stream);  // queried after the consumers, since it only grows
    auto last = to_integer(info["state"]["last_seq"]);
    std::erase_if(delivered, [last](const auto& each) { return each.second <= last; });
    co_return delivered;
}

Task<std::vector<std::string>> JetStreamApi::consumer_names(std::int64_t epoch, std::string stream) {
    std::vector<std::string> names;
    for (std::int64_t total = 1; std::cmp_less(names.size(), total);) {
        auto page = co_await request(epoch, "CONSUMER.NAMES." + stream,
                                     R"({"offset":)" + std::to_string(names.size()) + "}");
        total = to_integer(page["total"]);
        const auto* consumers = page["consumers"].array();
        if (!consumers || consumers->empty()) break;
        for (const auto& each : *consumers) names.push_back(each.string() ? *each.string() : "");
    }
    co_return names;
}

}  // namespace stagedoor::bus
