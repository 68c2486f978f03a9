#include "testing/servers/smtp_server.hpp"

#include <algorithm>

namespace stagedoor::outbound::test {

MailServer::MailServer(MailServerOptions options, Certificate* certificate)
    : options_(std::move(options)), peer_([this](Wire& wire) { serve(wire); }, certificate) {}

SmtpServer MailServer::address(bool demand_tls) const {
    return {.url = peer_.url(options_.tls_from_the_start ? "smtps" : "smtp", ""),
            .demand_tls = demand_tls,
            .user = {},
            .password = {}};
}

std::vector<std::string> MailServer::commands() const {
    std::lock_guard lock{mutex_};
    return commands_;
}

std::vector<std::string> MailServer::emails() const {
    std::lock_guard lock{mutex_};
    return emails_;
}

bool MailServer::received(const std::string& command) const {
    return std::ranges::any_of(commands(), [&](const auto& each) { return each.starts_with(command); });
}

void MailServer::note(std::string command) {
    std::lock_guard lock{mutex_};
    commands_.push_back(std::move(command));
}

// False if the server should disconnect.
bool MailServer::reply(Wire& wire, const std::string& command, const std::string& usual) {
    auto custom = options_.replies.find(command);
    const auto& text = custom == options_.replies.end() ? usual : custom->second;
    if (!text.empty()) wire.send(text + "\r\n");
    return !text.empty();
}

void MailServer::offer(Wire& wire, bool encrypted) {
    wire.send("250-test\r\n");
    if (options_.starttls && !encrypted) wire.send("250-STARTTLS\r\n");
    for (const auto& line : options_.offers) wire.send("250-" + line + "\r\n");
    wire.send("250 HELP\r\n");
}

bool MailServer::receive_email(Wire& wire) {
    if (!reply(wire, "DATA", "354 Go on")) return false;
    if (options_.replies.contains("DATA")) return true;
    std::string email;
    for (auto line = wire.line(); line != "." && !wire.ended(); line = wire.line()) email += line + "\r\n";
    if (!reply(wire, ".", "250 Accepted")) return false;
    std::lock_guard lock{mutex_};
    emails_.push_back(std::move(email));
    return true;
}

void MailServer::serve(Wire& wire) {
    auto encrypted = options_.tls_from_the_start;
    if (encrypted) wire.start_tls();
    if (!reply(wire, "", "220 test")) return;
    for (auto command = wire.line(); !command.empty(); command = wire.line()) {
        note(command);
        auto word = command.substr(0, command.find(' '));
        if (word == "EHLO") {
            offer(wire, encrypted);
        } else if (word == "STARTTLS") {
            wire.send("220 Go on\r\n");
            wire.start_tls();
            encrypted = true;
        } else if (word == "DATA") {
            if (!receive_email(wire)) return;
        } else if (word == "AUTH") {
            wire.send("334 \r\n");
            note(wire.line());
            if (!reply(wire, word, "235 Welcome")) return;
        } else if (!reply(wire, word, word == "QUIT" ? "221 Bye" : "250 OK")) {
            return;
        }
    }
}

}  // namespace stagedoor::outbound::test
