#include "simulation/servers/nats_users.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace stagedoor::simulation {
namespace {

constexpr char configuration[] = {
#embed "../../deploy/kubernetes/components/nats-users/users.conf"
};

// Of the form that bus::to_server_config() writes.
std::vector<bus::NatsUser> parse(const std::string& text) {
    std::vector<bus::NatsUser> users;
    std::vector<std::string>* subjects = nullptr;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        line.erase(0, line.find_first_not_of(' '));
        if (line.starts_with("user: "))
            users.push_back({.name = line.substr(6), .publish = {}, .subscribe = {}});
        else if (line == "publish: [")
            subjects = &users.back().publish;
        else if (line == "subscribe: [")
            subjects = &users.back().subscribe;
        else if (line.starts_with('"') && subjects)
            subjects->push_back(line.substr(1, line.size() - 2));
    }
    return users;
}

}  // namespace

const std::vector<bus::NatsUser>& nats_users() {
    static const auto users = parse({configuration, sizeof configuration});
    return users;
}

const bus::NatsUser& nats_user(const std::string& name) {
    auto found = std::ranges::find(nats_users(), name, &bus::NatsUser::name);
    if (found == nats_users().end()) throw std::out_of_range("no NATS user " + name);
    return *found;
}

}  // namespace stagedoor::simulation
