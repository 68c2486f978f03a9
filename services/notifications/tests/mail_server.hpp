// A real mail server (Debian's python3-aiosmtpd) as a child process.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "services/notifications/tests/received.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::notifications {

class MailServer {
  public:
    // On a free port; `wants_auth`: only from stagedoor, with the password "let me in".
    explicit MailServer(bool wants_auth = false) : wants_auth_(wants_auth) { start(); }
    ~MailServer() { stop(); }
    MailServer(const MailServer&) = delete;
    MailServer& operator=(const MailServer&) = delete;

    // Again on the same port.
    void start();
    void stop();

    [[nodiscard]] std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
    // What it answers to the next letters, one each, instead of taking them.
    void will_reply(const std::string& lines) const;
    [[nodiscard]] bool has_replied() const { return !std::filesystem::exists(folder_.file("replies")); }
    // Those it took, in order.
    [[nodiscard]] std::vector<Received> letters() const;

  private:
    runtime::TemporaryFolder folder_;
    bool wants_auth_;
    int port_ = 0, input_ = -1;
    pid_t id_ = -1;
};

}  // namespace stagedoor::notifications
