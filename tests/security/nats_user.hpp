// A user of a NATS server who sends whatever they like: NATS's text protocol, without a client library.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/nats_server.hpp"

namespace stagedoor::testing {

class NatsUser {
  public:
    // Throws std::runtime_error if the server does not accept the user.
    NatsUser(const fleet::NatsServer& server, const std::string& name);
    ~NatsUser();
    NatsUser(const NatsUser&) = delete;
    NatsUser& operator=(const NatsUser&) = delete;

    // Return what the server denies, such as `Permissions Violation for Publish to "key.added"`; empty:
    // nothing.
    [[nodiscard]] std::string publish(const std::string& subject, const std::string& data = "",
                                      const std::string& signature = "", const std::string& reply = "");
    [[nodiscard]] std::string subscribe(const std::string& subject);

    // The response to a request, at an inbox of the user's own; "denied: …" if it is not allowed, "" if none
    // comes within 2 s.
    [[nodiscard]] std::string request(const std::string& subject, const std::string& data = "");

    // The data of the messages received since the last call. `wait`: for one, up to 2 s.
    [[nodiscard]] std::vector<std::string> messages(bool wait = false);

  private:
    void send(const std::string& bytes);
    // False if nothing comes within the timeout.
    bool receive(int timeout_ms);
    [[nodiscard]] std::string sync();
    void parse();

    std::string name_, inbox_;
    int socket_ = -1, subscriptions_ = 0;
    bool pong_ = false;
    std::string input_, denied_;
    std::vector<std::string> messages_;
};

}  // namespace stagedoor::testing
