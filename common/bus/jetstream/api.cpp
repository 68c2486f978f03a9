#include "common/bus/jetstream/api.hpp"

#include <algorithm>
#include <charconv>

#include "common/json/write.hpp"

namespace stagedoor::bus {
namespace {

constexpr auto patience = std::chrono::seconds{3};
constexpr std::int64_t most_unacknowledged = 2'048;  // of one consumer, all copies of its service together

// JetStream's numbers for what is wrong.
constexpr std::int64_t stream_not_found = 10059, stream_name_in_use = 10058, subjects_overlap = 10065;

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
    std::string durable_name, filter_subject;
    std::string deliver_policy = "all", ack_policy = "explicit", replay_policy = "instant";
    std::int64_t ack_wait = 0, max_deliver = -1, max_ack_pending = most_unacknowledged;
};
BOOST_DESCRIBE_STRUCT(ConsumerConfig, (),
                      (durable_name, filter_subject, deliver_policy, ack_policy, replay_policy, ack_wait,
                       max_deliver, max_ack_pending))

// JetStream's names are in snake_case, unlike ours.
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

// `config` of a stream that is there, with what it lacks; nullopt when it lacks nothing. Subjects are never taken away: the
// next version of the service may tell of more than this one.
std::optional<std::string> completed(const json::Value& config, const std::set<std::string>& entities,
                                     int replicas) {
    auto object = config.object() ? *config.object() : json::Object{};
    bool changed = false;
    for (auto& [name, value] : object) {
        if (name == "subjects" && value.array()) {
            auto subjects = *value.array();
            for (const auto& entity : entities) {
                auto same = [&](const json::Value& each) {
                    return each.string() && *each.string() == subject_of(entity);
                };
                if (std::ranges::any_of(subjects, same)) continue;
                subjects.emplace_back(subject_of(entity));
                changed = true;
            }
            value = json::Value{std::move(subjects)};
        } else if (name == "num_replicas" && whole(value) != replicas) {
            value = json::Value{json::Number{std::to_string(replicas)}};
            changed = true;
        }
    }
    if (!changed) return std::nullopt;
    std::string text;
    json::write_value(text, json::Value{std::move(object)});
    return text;
}

}  // namespace

std::string as_name(std::string_view text) {
    std::string name{text};
    for (auto& c : name) {
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') c = '_';
    }
    return name;
}

std::int64_t whole(const json::Value& value) {
    std::int64_t number = 0;
    if (const auto* found = value.number())
        std::from_chars(found->text.data(), found->text.data() + found->text.size(), number);
    return number;
}

Task<json::Value> JetStreamApi::ask(std::int64_t epoch, std::string subject, std::string request) {
    (void)answers_->take();  // to questions that were given up
    auto address = answers_->address_of(++asked_);
    if (!connection_.send(epoch,
                          {.subject = "$JS.API." + subject, .reply = address, .data = std::move(request)}))
        throw NoAnswer("not connected");
    runtime::Timeout timeout{clock_, patience};
    for (bool in_time = true; in_time;) {
        in_time = co_await answers_->wait_until(timeout) && connection_.epoch() == epoch;
        for (auto& answer : answers_->take()) {
            if (answer.subject != address) continue;
            if (answer.status != 0) throw NoAnswer("JetStream is not there, or has no leader");
            auto document = json::parse(answer.data);
            if (!document) throw NoAnswer("an answer that can't be read: " + document.error());
            const auto& error = (*document)["error"];
            if (error.object()) {
                const auto* text = error["description"].string();
                throw Refused(whole(error["err_code"]), text ? *text : "refused");
            }
            co_return std::move(*document);
        }
    }
    throw NoAnswer("no answer from JetStream to " + subject);
}

Task<json::Value> JetStreamApi::stream_info(std::int64_t epoch, std::string stream) {
    return ask(epoch, "STREAM.INFO." + stream, "");
}

Task<> JetStreamApi::make_stream(std::int64_t epoch, std::string stream,
                                 const std::set<std::string>& entities) {
    StreamConfig config{.name = stream,
                        .num_replicas = options_.replicas,
                        .duplicate_window = nanoseconds(options_.duplicate_window)};
    for (const auto& entity : entities) config.subjects.push_back(subject_of(entity));
    std::optional<Refused> overlap;
    try {
        (void)co_await ask(epoch, "STREAM.CREATE." + stream, to_json(config));
    } catch (const Refused& refused) {  // another copy, of another version, was first
        if (refused.code == subjects_overlap)
            overlap = refused;
        else if (refused.code != stream_name_in_use)
            throw;
    }
    if (!overlap) co_return;
    try {  // two that make the same stream at the same moment are told this too
        (void)co_await stream_info(epoch, stream);
    } catch (const Refused&) {
        throw *overlap;
    }
}

Task<StreamState> JetStreamApi::declare_stream(std::int64_t epoch, const std::string& service,
                                               const std::set<std::string>& entities) {
    auto stream = stream_of(service);
    std::optional<json::Value> info;
    try {
        info = co_await stream_info(epoch, stream);
    } catch (const Refused& refused) {
        if (refused.code != stream_not_found) throw;
    }
    if (!info) {
        co_await make_stream(epoch, stream, entities);
        info = co_await stream_info(epoch, stream);
    }
    if (auto wanted = completed((*info)["config"], entities, options_.replicas))
        (void)co_await ask(epoch, "STREAM.UPDATE." + stream, *wanted);
    const auto* created = (*info)["created"].string();
    co_return StreamState{created ? *created : "", whole((*info)["state"]["last_seq"])};
}

Task<ConsumerState> JetStreamApi::declare_consumer(std::int64_t epoch, std::string stream,
                                                   std::string durable, std::string entity) {
    ConsumerConfig config{.durable_name = durable,
                          .filter_subject = subject_of(entity),
                          .ack_wait = nanoseconds(options_.ack_wait)};
    std::string request = R"({"stream_name":)";
    json::write_string(request, stream);
    request += R"(,"config":)" + to_json(config) + "}";
    auto info = co_await ask(epoch, "CONSUMER.DURABLE.CREATE." + stream + "." + durable, std::move(request));
    co_return ConsumerState{.waiting = whole(info["num_pending"]),
                            .unacknowledged = whole(info["num_ack_pending"]),
                            .acknowledged_to = whole(info["ack_floor"]["stream_seq"]),
                            .delivered_to = whole(info["delivered"]["stream_seq"]),
                            .deliveries = whole(info["delivered"]["consumer_seq"])};
}

// One by one: a cluster that has lost a server answers a question about all of them only after a long time.
Task<> JetStreamApi::drop_consumers_ahead(std::int64_t epoch, std::string stream) {
    std::map<std::string, std::int64_t> seen;  // by name, the sequence delivered last
    for (const auto& name : co_await consumer_names(epoch, stream)) {
        try {
            auto info = co_await ask(epoch, "CONSUMER.INFO." + stream + "." + name, "");
            seen[name] = whole(info["delivered"]["stream_seq"]);
        } catch (const Refused&) {   // deleted meanwhile
        } catch (const NoAnswer&) {  // it has no leader at present, but may not hold up what is told
            if (connection_.epoch() != epoch) throw;
        }
    }
    auto ahead = co_await ahead_of_stream(epoch, stream, std::move(seen));
    if (!ahead.empty() && options_.replicas > 1) {
        co_await runtime::sleep_for(clock_, before_second_look);
        ahead = co_await ahead_of_stream(epoch, stream, std::move(ahead));
    }
    for (const auto& [name, sequence] : ahead) {
        (void)co_await ask(epoch, "CONSUMER.DELETE." + stream + "." + name, "");
    }
}

// Those of `seen` that were delivered more than the stream has.
Task<std::map<std::string, std::int64_t>> JetStreamApi::ahead_of_stream(
    std::int64_t epoch, std::string stream, std::map<std::string, std::int64_t> seen) {
    if (seen.empty()) co_return seen;
    auto info = co_await stream_info(epoch, stream);  // asked after the consumers: it only grows
    auto last = whole(info["state"]["last_seq"]);
    std::erase_if(seen, [last](const auto& each) { return each.second <= last; });
    co_return seen;
}

Task<std::vector<std::string>> JetStreamApi::consumer_names(std::int64_t epoch, std::string stream) {
    std::vector<std::string> names;
    for (std::int64_t total = 1; std::cmp_less(names.size(), total);) {
        auto page = co_await ask(epoch, "CONSUMER.NAMES." + stream,
                                 R"({"offset":)" + std::to_string(names.size()) + "}");
        total = whole(page["total"]);
        const auto* consumers = page["consumers"].array();
        if (!consumers || consumers->empty()) break;
        for (const auto& each : *consumers) names.push_back(each.string() ? *each.string() : "");
    }
    co_return names;
}

}  // namespace stagedoor::bus
