// What each user of the NATS servers may do: a service publishes its own events and hints, manages its own
// stream, reads what it subscribes to through its own consumers, and receives the hints of services that it
// follows. Nothing else is allowed.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/bus/jetstream/options.hpp"

namespace stagedoor::bus {

// By service: the entities it subscribes to, by the service that publishes them.
using Subscriptions = std::map<std::string, std::map<std::string, std::set<std::string>>>;

// Allowed subjects. `*` stands for a token, `>` at the end for one or more.
struct NatsUser {
    std::string name;
    std::vector<std::string> publish, subscribe;
};

// A user for subscribers from outside: reads the events of all services but auth, through consumers called
// listener-ENTITY, and publishes nothing.
inline constexpr std::string_view listener_user = "listener";

// By service: the topics of hints about others that it receives.
using FollowedHints = std::map<std::string, std::set<std::string>>;

// A user of the same name for each service in `subscriptions`, and the listener.
[[nodiscard]] std::vector<NatsUser> nats_users(const EntitiesByService& published,
                                               const Subscriptions& subscriptions,
                                               const FollowedHints& followed = {});

// The responses to a user's requests have subjects that begin with this: "_INBOX_orders." for a service, and
// what clients use by default, "_INBOX.", for the listener and users without a name.
[[nodiscard]] std::string inbox_prefix(std::string_view user);

// The parts of a subject between its dots, within its text.
[[nodiscard]] std::vector<std::string_view> tokens_of(std::string_view subject);

// Whether a NATS server would allow `subject`, to publish or (with wildcards) to subscribe.
[[nodiscard]] bool allows(const std::vector<std::string>& allowed, std::string_view subject);

// The variable that has a user's password in the servers' environment: "AUTH_NATS_PASSWORD".
[[nodiscard]] std::string password_variable(std::string_view user);
// The authorization block of a server's configuration.
[[nodiscard]] std::string to_server_config(const std::vector<NatsUser>& users);

}  // namespace stagedoor::bus
