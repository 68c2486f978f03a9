// A mail server that takes every letter, unless it is told to answer a command otherwise.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "testing/servers/tcp_peers.hpp"

namespace stagedoor::outbound::test {

struct MailManners {
    bool starttls = false;            // offered
    bool tls_from_the_start = false;  // smtps
    std::vector<std::string> offers;  // further lines of its EHLO
    // By the command's first word; "" is the greeting, "." the letter's end. An empty reply breaks off.
    std::map<std::string, std::string> replies;
};

class MailServer {
  public:
    explicit MailServer(MailManners manners = {}, Certificate* certificate = nullptr);

    [[nodiscard]] SmtpServer address(bool demand_tls = false) const;
    [[nodiscard]] std::vector<std::string> commands() const;
    [[nodiscard]] std::vector<std::string> letters() const;  // as they came, dots doubled
    [[nodiscard]] bool heard(const std::string& command) const;

  private:
    void talk(Wire& wire);
    void note(std::string command);
    [[nodiscard]] bool reply(Wire& wire, const std::string& to, const std::string& usual);
    void offer(Wire& wire, bool by_tls);
    [[nodiscard]] bool take_letter(Wire& wire);

    const MailManners manners_;
    mutable std::mutex mutex_;
    std::vector<std::string> commands_, letters_;
    Peer peer_;
};

}  // namespace stagedoor::outbound::test
