// A real mail server (Debian's python3-aiosmtpd) as a child process.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "services/notifications/tests/parsed_email.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::notifications {

class MailServer {
  public:
    // On a free port. `requires_auth`: only for the user stagedoor with the password "let me in".
    explicit MailServer(bool requires_auth = false) : requires_auth_(requires_auth) { start(); }
    ~MailServer() { stop(); }
    MailServer(const MailServer&) = delete;
    MailServer& operator=(const MailServer&) = delete;

    // Starts again on the same port.
    void start();
    void stop();

    [[nodiscard]] std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
    // Replies to the next emails, one line each, instead of accepting them.
    void will_reply(const std::string& lines) const;
    [[nodiscard]] bool has_replied() const { return !std::filesystem::exists(folder_.file("replies")); }
    // The accepted emails, in order.
    [[nodiscard]] std::vector<ParsedEmail> emails() const;

  private:
    runtime::TemporaryFolder folder_;
    bool requires_auth_;
    int port_ = 0, input_ = -1;
    pid_t id_ = -1;
};

}  // namespace stagedoor::notifications
