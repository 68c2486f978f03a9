#include "testing/servers/smtp_server.hpp"

#include <algorithm>

namespace stagedoor::outbound::test {

MailServer::MailServer(MailManners manners, Certificate* certificate)
    : manners_(std::move(manners)), peer_([this](Wire& wire) { talk(wire); }, certificate) {}

SmtpServer MailServer::address(bool demand_tls) const {
    return {.url = peer_.url(manners_.tls_from_the_start ? "smtps" : "smtp", ""),
            .demand_tls = demand_tls,
            .user = {},
            .password = {}};
}

std::vector<std::string> MailServer::commands() const {
    std::lock_guard lock{mutex_};
    return commands_;
}

std::vector<std::string> MailServer::letters() const {
    std::lock_guard lock{mutex_};
    return letters_;
}

bool MailServer::heard(const std::string& command) const {
    return std::ranges::any_of(commands(), [&](const auto& each) { return each.starts_with(command); });
}

void MailServer::note(std::string command) {
    std::lock_guard lock{mutex_};
    commands_.push_back(std::move(command));
}

// False when the connection is to be broken off.
bool MailServer::reply(Wire& wire, const std::string& to, const std::string& usual) {
    auto told = manners_.replies.find(to);
    const auto& words = told == manners_.replies.end() ? usual : told->second;
    if (!words.empty()) wire.say(words + "\r\n");
    return !words.empty();
}

void MailServer::offer(Wire& wire, bool by_tls) {
    wire.say("250-test\r\n");
    if (manners_.starttls && !by_tls) wire.say("250-STARTTLS\r\n");
    for (const auto& line : manners_.offers) wire.say("250-" + line + "\r\n");
    wire.say("250 HELP\r\n");
}

bool MailServer::take_letter(Wire& wire) {
    if (!reply(wire, "DATA", "354 Go on")) return false;
    if (manners_.replies.contains("DATA")) return true;
    std::string letter;
    for (auto line = wire.line(); line != "." && !wire.ended(); line = wire.line()) letter += line + "\r\n";
    if (!reply(wire, ".", "250 Taken")) return false;
    std::lock_guard lock{mutex_};
    letters_.push_back(std::move(letter));
    return true;
}

void MailServer::talk(Wire& wire) {
    auto by_tls = manners_.tls_from_the_start;
    if (by_tls) wire.start_tls();
    if (!reply(wire, "", "220 test")) return;
    for (auto command = wire.line(); !command.empty(); command = wire.line()) {
        note(command);
        auto word = command.substr(0, command.find(' '));
        if (word == "EHLO") {
            offer(wire, by_tls);
        } else if (word == "STARTTLS") {
            wire.say("220 Go on\r\n");
            wire.start_tls();
            by_tls = true;
        } else if (word == "DATA") {
            if (!take_letter(wire)) return;
        } else if (word == "AUTH") {
            wire.say("334 \r\n");
            note(wire.line());
            if (!reply(wire, word, "235 Welcome")) return;
        } else if (!reply(wire, word, "250 OK")) {
            return;
        }
    }
}

}  // namespace stagedoor::outbound::test
