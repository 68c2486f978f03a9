// A mail server that accepts every email unless it is configured to reply differently.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "testing/servers/tcp_peers.hpp"

namespace stagedoor::outbound::test {

struct MailServerOptions {
    bool starttls = false;            // offered
    bool tls_from_the_start = false;  // smtps
    std::vector<std::string> offers;  // further lines of its reply to EHLO
    // By the command's first word; "" is the greeting, "." the end of the email. An empty reply disconnects.
    std::map<std::string, std::string> replies;
};

class MailServer {
  public:
    explicit MailServer(MailServerOptions options = {}, Certificate* certificate = nullptr);

    [[nodiscard]] SmtpServer address(bool demand_tls = false) const;
    [[nodiscard]] std::vector<std::string> commands() const;
    [[nodiscard]] std::vector<std::string> emails() const;  // as received, with dot stuffing
    [[nodiscard]] bool received(const std::string& command) const;

  private:
    void serve(Wire& wire);
    void note(std::string command);
    [[nodiscard]] bool reply(Wire& wire, const std::string& command, const std::string& usual);
    void offer(Wire& wire, bool encrypted);
    [[nodiscard]] bool receive_email(Wire& wire);

    const MailServerOptions options_;
    mutable std::mutex mutex_;
    std::vector<std::string> commands_, emails_;
    Peer peer_;
};

}  // namespace stagedoor::outbound::test
