#include "common/bus/jetstream/permissions.hpp"

#include <algorithm>
#include <optional>

#include "common/bus/jetstream/api.hpp"

namespace stagedoor::bus {
namespace {

// Its events include email addresses and who is signed in: nothing for subscribers from outside.
constexpr std::string_view private_service = "auth";

// The part of the API about one consumer on the stream of `source`. A consumer's name says whose it is, so
// each is listed: wildcards stand for whole tokens.
void add_consumer(std::vector<std::string>& publish, const std::string& source, const std::string& user,
                  const std::string& entity) {
    auto stream = stream_name(JetStreamOptions{}.prefix, source);
    auto consumer = stream + "." + consumer_name(user, entity);
    publish.push_back("$JS.API.CONSUMER.CREATE." + consumer + "." + entity + ".>");
    for (const auto* request : {"DELETE", "INFO", "MSG.NEXT"})
        publish.push_back(std::string{"$JS.API.CONSUMER."} + request + "." + consumer);
    publish.push_back("$JS.ACK." + consumer + ".>");
}

// A service's own stream, with the consumers of others on it that are ahead of a stream that lost events.
void add_stream(std::vector<std::string>& publish, const std::string& service) {
    auto stream = stream_name(JetStreamOptions{}.prefix, service);
    for (const auto* request : {"CREATE", "DELETE", "INFO", "UPDATE"})
        publish.push_back(std::string{"$JS.API.STREAM."} + request + "." + stream);
    publish.push_back("$JS.API.CONSUMER.NAMES." + stream);
    for (const auto* request : {"DELETE", "INFO"})
        publish.push_back(std::string{"$JS.API.CONSUMER."} + request + "." + stream + ".*");
}

NatsUser service_user(const std::string& service, const std::set<std::string>& published,
                      const std::map<std::string, std::set<std::string>>& subscriptions) {
    NatsUser user{.name = service, .publish = {}, .subscribe = {}};
    for (const auto& entity : published) user.publish.push_back(entity + ".>");
    if (!published.empty()) add_stream(user.publish, service);
    for (const auto& [source, entities] : subscriptions) {
        for (const auto& entity : entities) add_consumer(user.publish, source, service, entity);
    }
    auto hints = "hint." + service + ".>";
    user.publish.push_back(hints);
    user.subscribe = {inbox_prefix(service) + ">", hints};
    return user;
}

NatsUser listener(const EntitiesByService& published) {
    NatsUser user{.name = std::string{listener_user}, .publish = {}, .subscribe = {}};
    user.subscribe = {inbox_prefix(user.name) + ">"};
    user.publish = {"$JS.API.INFO", "$JS.API.STREAM.NAMES"};  // client libraries find a stream by a subject
    for (const auto& [source, entities] : published) {
        if (source == private_service) continue;
        user.publish.push_back("$JS.API.STREAM.INFO." + stream_name(JetStreamOptions{}.prefix, source));
        for (const auto& entity : entities) add_consumer(user.publish, source, user.name, entity);
    }
    return user;
}

// The token at the beginning of `rest`, which loses it; nullopt at the end.
std::optional<std::string_view> take_token(std::optional<std::string_view>& rest) {
    if (!rest) return std::nullopt;
    auto dot = rest->find('.');
    auto token = rest->substr(0, dot);
    rest = dot == std::string_view::npos ? std::nullopt : std::optional{rest->substr(dot + 1)};
    return token;
}

// Whether all subjects that `subject` stands for are allowed. Quick, since the simulation asks it of each
// message: only what follows equal tokens is looked at by token.
bool covers(std::string_view allowed, std::string_view subject) {
    auto [differs, _] = std::ranges::mismatch(allowed, subject);
    auto equal = allowed.substr(0, static_cast<std::size_t>(differs - allowed.begin()));
    auto begin = equal.rfind('.') + 1;  // 0 if there is no dot
    std::optional pattern{allowed.substr(begin)}, tokens{subject.substr(begin)};
    while (auto wanted = take_token(pattern)) {
        auto token = take_token(tokens);
        if (!token) return false;
        if (*wanted == ">") return true;
        if (*wanted == "*" ? *token == ">" : *wanted != *token) return false;
    }
    return !tokens;
}

void add_subjects(std::string& out, const char* name, const std::vector<std::string>& subjects) {
    out += std::string{"        "} + name + ": [\n";
    for (const auto& subject : subjects) out += "          \"" + subject + "\"\n";
    out += "        ]\n";
}

}  // namespace

std::vector<std::string_view> tokens_of(std::string_view subject) {
    std::vector<std::string_view> tokens;
    for (std::size_t from = 0; from <= subject.size();) {
        auto dot = std::min(subject.find('.', from), subject.size());
        tokens.push_back(subject.substr(from, dot - from));
        from = dot + 1;
    }
    return tokens;
}

std::vector<NatsUser> nats_users(const EntitiesByService& published, const Subscriptions& subscriptions,
                                 const FollowedHints& followed) {
    std::vector<NatsUser> users;
    for (const auto& [service, own] : subscriptions) {
        auto entities = published.find(service);
        users.push_back(service_user(
            service, entities == published.end() ? std::set<std::string>{} : entities->second, own));
        auto topics = followed.find(service);
        if (topics == followed.end()) continue;
        for (const auto& topic : topics->second) {  // as a mailbox subscribes to it
            for (const auto* tail : {"", ".>"}) users.back().subscribe.push_back("hint." + topic + tail);
        }
    }
    users.push_back(listener(published));
    for (auto& user : users) {
        std::ranges::sort(user.publish);
        std::ranges::sort(user.subscribe);
    }
    return users;
}

std::string inbox_prefix(std::string_view user) {
    return user.empty() || user == listener_user ? "_INBOX." : "_INBOX_" + to_jetstream_name(user) + ".";
}

bool allows(const std::vector<std::string>& allowed, std::string_view subject) {
    return std::ranges::any_of(allowed, [&](const std::string& each) { return covers(each, subject); });
}

std::string password_variable(std::string_view user) {
    std::string name{user};
    for (auto& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name + "_NATS_PASSWORD";
}

std::string to_server_config(const std::vector<NatsUser>& users) {
    std::string out = "authorization {\n  users: [\n";
    for (const auto& user : users) {
        out += "    {\n      user: " + user.name + "\n      password: $" + password_variable(user.name) +
               "\n      permissions: {\n";
        add_subjects(out, "publish", user.publish);
        add_subjects(out, "subscribe", user.subscribe);
        out += "      }\n    }\n";
    }
    return out + "  ]\n}\n";
}

}  // namespace stagedoor::bus
