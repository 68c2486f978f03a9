#include "simulation/servers/mail_server.hpp"

#include <sodium.h>

#include <ranges>

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view token_parameter = "#token=";

// The text/plain part.
std::string text_of(const outbound::Email& email) {
    constexpr std::string_view empty_line = "\r\n\r\n";
    auto part = email.message.find("Content-Type: text/plain");
    auto begin = email.message.find(empty_line, part) + empty_line.size();
    auto encoded = email.message.substr(begin, email.message.find("\r\n--", begin) - begin);
    std::string text(encoded.size(), '\0');
    std::size_t size = 0;
    sodium_base642bin(reinterpret_cast<unsigned char*>(text.data()), text.size(), encoded.data(),
                      encoded.size(), "\r\n", &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
    text.resize(size);
    return text;
}

}  // namespace

Task<> MailServer::accept(runtime::Clock& clock, std::string from, outbound::Email email) {
    co_await runtime::sleep_for(clock, 30ms);
    if (down_ || !network_.reaches(from, machine)) throw outbound::NotSent("the mail server is down");
    if (faults_.inject("email rejected temporarily", 0.05))
        throw outbound::EmailRejected("451 try again later", false);
    ++accepted_;
    world_.note(machine, "accepts an email to " + email.to);
    if (auto text = text_of(email); text.find(token_parameter) != std::string::npos)
        with_links_[email.to].push_back(std::move(text));
    co_await runtime::sleep_for(clock, 5ms);
    if (faults_.inject("email accepted, response lost", 0.03) || !network_.reaches(from, machine))
        throw outbound::NoResponse("the response was lost");
}

std::string MailServer::newest_token(const std::string& address, std::string_view page) const {
    auto emails = with_links_.find(address);
    if (emails == with_links_.end()) return {};
    auto link = std::string{page} + std::string{token_parameter};
    for (const auto& text : std::views::reverse(emails->second)) {
        auto at = text.find(link);
        if (at == std::string::npos) continue;
        auto begin = at + link.size();
        return text.substr(begin, text.find_first_of("\r\n", begin) - begin);
    }
    return {};
}

}  // namespace stagedoor::simulation
