#include "simulation/servers/nats_server.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/bus/jetstream/api.hpp"
#include "common/bus/jetstream/permissions.hpp"
#include "common/json/write.hpp"
#include "common/runtime/mutation.hpp"
#include "simulation/servers/nats_users.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using Outgoing = bus::NatsConnection::Outgoing;

constexpr auto tick_interval = 200ms;
constexpr auto sync_interval = 120s, duplicate_window = 120s;
constexpr auto stream_set_up = 50ms;
constexpr std::size_t max_unacked = 2'048;

std::vector<std::string> split(std::string_view text) {
    auto tokens = bus::tokens_of(text);
    return {tokens.begin(), tokens.end()};
}

std::string api_error(int code, int number, std::string_view text) {
    return fmt::format(R"({{"error":{{"code":{},"err_code":{},"description":"{}"}}}})", code, number, text);
}

std::string text_of(const json::Value& value) {
    std::string text;
    json::write_value(text, value);
    return text;
}

}  // namespace

void Wire::send(const std::shared_ptr<Process>& receiver, Action receive) {
    auto& world = receiver->world();
    last_ = std::max(last_ + 1us, world.now() + network_.delay(from_, to_));
    world.at(last_, receiver, [self = shared_from_this(), receiver, receive = std::move(receive)]() mutable {
        self->arrive(receiver, std::move(receive));
    });
}

// During a partition it retries until the connection is closed; later messages wait.
void Wire::arrive(const std::shared_ptr<Process>& receiver, Action receive) {
    if (!open_) return;
    if (network_.reaches(from_, to_)) return receive();
    auto& world = receiver->world();
    last_ = std::max(last_, world.now() + 200ms);
    receiver->after(200ms, [self = shared_from_this(), receiver, receive = std::move(receive)]() mutable {
        self->arrive(receiver, std::move(receive));
    });
}

NatsServer::NatsServer(World& world, Network& network) : world_(world), network_(network) { start(); }

void NatsServer::start() {
    if (process_) return;
    process_ = world_.start_process(machine);
    synced_ = streams_;
    synced_at_ = world_.now();
    tick();
}

void NatsServer::crash(Keeps keeps) {
    if (!process_) return;
    std::exchange(process_, nullptr)->kill();
    subscribers_.clear();
    if (keeps == Keeps::nothing) streams_.clear();
    if (keeps == Keeps::synced) streams_ = synced_;
    if (keeps == Keeps::backup) streams_ = backup_;
    for (auto& [name, stream] : streams_) {
        for (auto& [consumer, state] : stream.consumers) {
            state.pulls.clear();
            state.silent = false;
        }
        stream.by_id.clear();
        for (std::size_t i = 0; i < stream.messages.size(); ++i) {
            if (stream.messages[i]->at + duplicate_window > world_.now())
                stream.by_id[stream.messages[i]->id] = static_cast<std::int64_t>(i) + 1;
        }
    }
}

void NatsServer::tick() {
    process_->after(tick_interval, [this] {
        tick();
        if (world_.now() - synced_at_ >= sync_interval) {
            synced_ = streams_;
            synced_at_ = world_.now();
        }
        for (const auto& mirror : mirrors_) copy(mirror);
        for (auto& [stream_name, stream] : streams_) {
            for (auto& [name, consumer] : stream.consumers) {
                for (auto& [sequence, delivered] : consumer.unacked) {
                    if (delivered.deadline <= world_.now()) consumer.to_redeliver.insert(sequence);
                }
                deliver(stream_name, stream, name, consumer);
            }
            remove_disappearing(stream);
        }
    });
}

void NatsServer::mirror(const NatsServer& origin, std::string stream, std::vector<std::string> subjects) {
    mirrors_.push_back({origin, std::move(stream), std::move(subjects)});
}

// Like a stream that has the origin's as its source, with filters.
void NatsServer::copy(const Mirror& mirror) {
    auto origin = mirror.origin.streams_.find(mirror.stream);
    if (!mirror.origin.is_up() || origin == mirror.origin.streams_.end()) return;
    auto& stream = streams_[mirror.stream];
    if (stream.created.empty()) {
        stream.config = origin->second.config;
        stream.created = fmt::format("{}#{}", world_.time().milliseconds, ++created_);
        stream.ready_at = world_.now() + stream_set_up;
        stream.subjects = origin->second.subjects;
    }
    const auto& messages = origin->second.messages;
    while (stream.mirrored < messages.size()) {
        const auto& message = *messages[stream.mirrored++];
        auto begins_subject = [&](const std::string& beginning) {
            return message.subject.starts_with(beginning);
        };
        if (std::ranges::any_of(mirror.subjects, begins_subject))
            store(message.subject, message.id, message.data, message.signature);
    }
}

void NatsServer::remove_disappearing(Stream& stream) {
    std::erase_if(stream.consumers,
                  [](const auto& each) { return each.second.disappears && each.second.pulls.empty(); });
}

NatsServer::Consumer* NatsServer::any_consumer() {
    std::vector<Consumer*> all;
    for (auto& [stream_name, stream] : streams_) {
        for (auto& [name, consumer] : stream.consumers) all.push_back(&consumer);
    }
    return is_up() && !all.empty() ? world_.pick(all) : nullptr;
}

void NatsServer::lose_a_consumer() {
    if (auto* consumer = any_consumer()) consumer->disappears = true;
}

void NatsServer::silence_a_consumer() {
    if (auto* consumer = any_consumer()) consumer->silent = true;
}

void NatsServer::lose_a_stream() {
    std::vector<std::string> all;
    for (const auto& [name, stream] : streams_) all.push_back(name);
    if (is_up() && !all.empty()) streams_.erase(world_.pick(all));
}

void NatsServer::respond(const std::shared_ptr<Client>& client, const std::string& to, std::string data,
                         int status) {
    if (to.empty() || client->disconnected) return;
    client->wire->send(client->process,
                       [client, to, message = bus::NatsMessage{to, {}, std::move(data), status}] {
                           client->receive(to, message);
                       });
}

// An attacker is expected to be denied things; a service that is denied something is a violation.
void NatsServer::deny(const Client& client, const std::string& what) {
    auto line = fmt::format("the bus does not allow {} to {}", client.user, what);
    world_.note(machine, line);
    if (client.process->name() != "attacker") denied_.push_back(line);
}

void NatsServer::handle(const std::shared_ptr<Client>& client, Outgoing message) {
    if (!bus::allows(nats_user(client->user).publish, message.subject))
        return deny(*client, "publish " + message.subject);
    if (message.subject.starts_with("$JS.API.")) return handle_api_request(client, message);
    if (message.subject.starts_with("$JS.ACK.")) return acknowledge(message.subject, message.data);
    if (forward(message)) return;
    auto appended = append(message.subject, message.id, message.data, message.signature);
    if (!appended) return respond(client, message.reply, "", 503);
    respond(client, message.reply,
            fmt::format(R"({{"stream":"{}","seq":{}{}}})", appended->stream, appended->sequence,
                        appended->duplicate ? R"(,"duplicate":true)" : ""));
}

void NatsServer::subscribe(const std::shared_ptr<Client>& client) {
    std::erase_if(subscribers_, [](const auto& each) { return each->disconnected; });
    auto subjects = client->subjects;
    subjects.insert(client->inbox + ".>");
    for (const auto& subject : subjects) {
        if (bus::allows(nats_user(client->user).subscribe, subject)) continue;
        deny(*client, "subscribe to " + subject);
        client->subjects.erase(subject);
    }
    if (!client->subjects.empty()) subscribers_.push_back(client);
}

// A message of core NATS: false if nobody subscribes to its subject.
bool NatsServer::forward(const Outgoing& message) {
    auto subscribes = [&](const auto& client) { return client->subjects.contains(message.subject); };
    if (std::ranges::none_of(subscribers_, subscribes)) return false;
    if (observe_) observe_(message.subject, message.data);
    for (const auto& client : subscribers_) {
        if (subscribes(client) && !world_.chance(lost_messages))
            respond(client, message.subject, message.data);
    }
    return true;
}

void NatsServer::store(const std::string& subject, const std::string& id, const std::string& data,
                       const std::string& signature) {
    (void)append(subject, id, data, signature);
}

bool NatsServer::matches(const std::string& filter, const std::string& subject) {
    return filter.ends_with(">") ? subject.starts_with(std::string_view{filter}.substr(0, filter.size() - 1))
                                 : filter == subject;
}

std::optional<NatsServer::Appended> NatsServer::append(const std::string& subject, const std::string& id,
                                                       const std::string& data,
                                                       const std::string& signature) {
    for (auto& [name, stream] : streams_) {
        auto accepts = [&](const std::string& filter) { return matches(filter, subject); };
        if (std::ranges::none_of(stream.subjects, accepts)) continue;
        if (auto known = stream.by_id.find(id); known != stream.by_id.end()) {
            auto at = stream.messages[static_cast<std::size_t>(known->second) - 1]->at;
            if (at + duplicate_window > world_.now()) return Appended{name, known->second, true};
        }
        stream.messages.push_back(std::make_shared<Stored>(subject, id, data, signature, world_.now()));
        auto sequence = static_cast<std::int64_t>(stream.messages.size());
        world_.note(machine, fmt::format("stores {} as {} of {}", id, sequence, name));
        if (!id.empty()) stream.by_id[id] = sequence;
        for (auto& [consumer_name, consumer] : stream.consumers)
            deliver(name, stream, consumer_name, consumer);
        return Appended{name, sequence, false};
    }
    return std::nullopt;
}

// ---- the JetStream API

void NatsServer::handle_api_request(const std::shared_ptr<Client>& client, const Outgoing& message) {
    constexpr std::string_view prefix = "$JS.API.", next = "CONSUMER.MSG.NEXT.";
    auto subject = message.subject.substr(prefix.size());
    if (subject.starts_with(next)) {
        auto names = split(std::string_view{subject}.substr(next.size()));
        return pull(client, names.at(0), names.at(1), message);
    }
    respond(client, message.reply, api(subject, message.data));
}

std::string NatsServer::api(const std::string& subject, const std::string& data) {
    auto parts = split(subject);
    auto last = parts.back();
    if (subject.starts_with("STREAM.INFO.")) return stream_info(last);
    if (subject.starts_with("STREAM.CREATE.")) return make_stream(last, data, false);
    if (subject.starts_with("STREAM.UPDATE.")) return make_stream(last, data, true);
    auto creates_consumer = subject.starts_with("CONSUMER.CREATE.");  // .stream.consumer.filter
    auto name = subject.starts_with("CONSUMER.NAMES.") ? last
                : creates_consumer                     ? parts.at(2)
                                                       : parts.at(parts.size() - 2);
    auto stream = streams_.find(name);
    if (stream == streams_.end()) return api_error(404, 10059, "stream not found");
    auto& consumers = stream->second.consumers;
    if (creates_consumer) return make_consumer(stream->second, parts.at(3), data);
    if (subject.starts_with("CONSUMER.NAMES.")) {
        std::string names;
        for (const auto& [each, state] : consumers) names += (names.empty() ? "\"" : ",\"") + each + "\"";
        return fmt::format(R"({{"total":{},"offset":0,"limit":1024,"consumers":[{}]}})", consumers.size(),
                           names);
    }
    auto consumer = consumers.find(last);
    if (consumer == consumers.end() || consumer->second.disappears)
        return api_error(404, 10014, "consumer not found");
    if (subject.starts_with("CONSUMER.INFO.")) return consumer_info(stream->second, consumer->second);
    if (subject.starts_with("CONSUMER.DELETE.")) {
        for (auto& each : consumer->second.pulls) respond(each.client, each.reply, "", 409);
        consumers.erase(consumer);
        return R"({"success":true})";
    }
    return api_error(400, 10003, "bad request");
}

std::string NatsServer::stream_info(const std::string& name) const {
    auto found = streams_.find(name);
    if (found == streams_.end()) return api_error(404, 10059, "stream not found");
    return fmt::format(R"({{"config":{},"created":"{}","state":{{"messages":{},"last_seq":{}}}}})",
                       found->second.config, found->second.created, found->second.messages.size(),
                       found->second.messages.size());
}

std::string NatsServer::make_stream(const std::string& name, const std::string& data, bool update) {
    auto known = streams_.contains(name);
    if (update && !known) return api_error(404, 10059, "stream not found");
    if (!update && known && streams_[name].config != data)
        return api_error(400, 10058, "stream name already in use");
    auto& stream = streams_[name];
    stream.config = data;
    stream.subjects.clear();
    auto config = json::parse(data).value();
    for (const auto& subject : *config["subjects"].array()) stream.subjects.push_back(*subject.string());
    if (!known) {
        stream.created = fmt::format("{}#{}", world_.time().milliseconds, ++created_);
        stream.ready_at = world_.now() + stream_set_up;
    }
    return stream_info(name);
}

std::string NatsServer::make_consumer(Stream& stream, const std::string& name, const std::string& data) {
    auto request = json::parse(data).value();
    const auto& config = request["config"];
    if (auto known = stream.consumers.find(name); known != stream.consumers.end() && known->second.disappears)
        stream.consumers.erase(known);
    auto& consumer = stream.consumers[name];
    if (consumer.created.empty()) {
        consumer.created = fmt::format("{}#{}", world_.time().milliseconds, ++created_);
        consumer.silent = world_.now() < stream.ready_at;
    }
    consumer.config = text_of(config);
    consumer.filter = *config["filter_subject"].string();
    consumer.ack_wait =
        std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{bus::to_integer(config["ack_wait"])});
    return consumer_info(stream, consumer);
}

std::string NatsServer::consumer_info(const Stream& stream, const Consumer& consumer) {
    auto floor = consumer.unacked.empty() ? consumer.last : consumer.unacked.begin()->first - 1;
    return fmt::format(R"({{"created":"{}","config":{},"delivered":{{"consumer_seq":{},"stream_seq":{}}},)"
                       R"("ack_floor":{{"consumer_seq":0,"stream_seq":{}}},"num_ack_pending":{},)"
                       R"("num_pending":{}}})",
                       consumer.created, consumer.config, consumer.deliveries, consumer.last, floor,
                       consumer.unacked.size(),
                       static_cast<std::int64_t>(stream.messages.size()) - consumer.last);
}

// ---- deliveries

void NatsServer::pull(const std::shared_ptr<Client>& client, const std::string& stream,
                      const std::string& consumer, const Outgoing& message) {
    // Like a real server, which does not respond: the API always has a subscriber, so there is no
    // "no responders" error.
    auto found = streams_.find(stream);
    if (found == streams_.end() || !found->second.consumers.contains(consumer) ||
        found->second.consumers[consumer].disappears)
        return;
    auto request = json::parse(message.data).value();
    auto& state = found->second.consumers[consumer];
    auto expires = std::chrono::nanoseconds{bus::to_integer(request["expires"])};
    state.pulls.push_back({client, message.reply, bus::to_integer(request["batch"]),
                           world_.now() + std::chrono::duration_cast<Duration>(expires)});
    deliver(stream, found->second, consumer, state);
}

void NatsServer::deliver(const std::string& stream_name, Stream& stream, const std::string& name,
                         Consumer& consumer) {
    if (consumer.silent) return;
    auto is_over = [&](Pull& pull) {
        if (pull.client->disconnected || !pull.client->wire->is_open() || pull.left == 0) return true;
        if (pull.ends > world_.now()) return false;
        respond(pull.client, pull.reply, "", 408);
        return true;
    };
    for (;;) {
        std::erase_if(consumer.pulls, is_over);
        if (consumer.pulls.empty()) return;
        std::int64_t sequence = 0;
        if (!consumer.to_redeliver.empty()) {
            sequence = *consumer.to_redeliver.begin();
            consumer.to_redeliver.erase(consumer.to_redeliver.begin());
            if (!consumer.unacked.contains(sequence)) continue;
        } else {
            if (std::cmp_greater_equal(consumer.last, stream.messages.size()) ||
                consumer.unacked.size() >= max_unacked)
                return;
            sequence = ++consumer.last;
            if (!matches(consumer.filter, stream.messages[static_cast<std::size_t>(sequence) - 1]->subject))
                continue;
        }
        if (std::cmp_greater(sequence, stream.messages.size())) continue;
        const auto& stored = *stream.messages[static_cast<std::size_t>(sequence) - 1];
        auto& delivered = consumer.unacked[sequence];
        delivered.deadline = world_.now() + consumer.ack_wait;
        ++delivered.times;
        ++consumer.deliveries;
        auto& pull = consumer.pulls.front();
        --pull.left;
        if (world_.chance(lost_deliveries)) continue;
        auto reply = fmt::format("$JS.ACK.{}.{}.{}.{}.{}.{}.0", stream_name, name, delivered.times, sequence,
                                 consumer.deliveries, world_.time().milliseconds);
        world_.note(machine,
                    fmt::format("delivers {} to {}, {}", stored.id, pull.client->process->name(), name));
        auto times = world_.chance(duplicates) ? 2 : 1;
        for (int i = 0; i < times; ++i) {
            pull.client->wire->send(pull.client->process,
                                    [client = pull.client, to = pull.reply,
                                     message = bus::NatsMessage{.subject = stored.subject,
                                                                .reply = reply,
                                                                .data = stored.data,
                                                                .signature = stored.signature}] {
                                        client->receive(to, message);
                                    });
        }
        if (runtime::mutated(Mutation::ack_before_commit)) consumer.unacked.erase(sequence);
        std::rotate(consumer.pulls.begin(), consumer.pulls.begin() + 1, consumer.pulls.end());
    }
}

void NatsServer::acknowledge(const std::string& subject, const std::string& data) {
    auto parts = split(subject);  // $JS.ACK.stream.consumer.times.sequence.…
    auto stream = streams_.find(parts.at(2));
    if (stream == streams_.end()) return;
    auto consumer = stream->second.consumers.find(parts.at(3));
    if (consumer == stream->second.consumers.end()) return;
    auto& state = consumer->second;
    auto sequence = std::stoll(parts.at(5));
    auto delivered = state.unacked.find(sequence);
    if (delivered == state.unacked.end()) return;
    if (data == "+WPI") {
        delivered->second.deadline = world_.now() + state.ack_wait;
    } else if (data == "-NAK") {
        state.to_redeliver.insert(sequence);
        deliver(parts[2], stream->second, parts[3], state);
    } else {
        state.unacked.erase(delivered);
        state.to_redeliver.erase(sequence);
    }
}

}  // namespace stagedoor::simulation
