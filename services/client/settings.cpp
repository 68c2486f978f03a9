#include "services/client/settings.hpp"

#include <filesystem>
#include <vector>

#include "common/service/settings.hpp"
#include "common/time_zones/time_zones.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::client {
namespace {

std::string check_security_contact(std::string& text) {
    auto is_uri = text.starts_with("mailto:") || text.starts_with("https://") || text.starts_with("tel:");
    auto is_plain = text.find_first_of(" \t\r\n") == std::string::npos;
    return is_uri && is_plain ? "" : "must begin with mailto:, https:// or tel:";
}

std::string check_security_expires(std::string& text) {
    auto time = Instant::parse(text);
    if (!time) return "must be a time such as 2027-06-30T00:00:00Z";
    text = time->to_text();
    return {};
}

std::string check_texts(std::string& text) {
    if (std::error_code error; std::filesystem::is_directory(text, error)) return {};
    return "must be a folder";
}

std::string check_time_zone(std::string& text) {
    if (time_zones::find(text)) return {};
    return "must be a time zone such as Europe/Berlin";
}

void check_settings(const Settings& own, const ProgramSettings&, std::vector<std::string>& problems) {
    if (own.security_contact.empty() != own.security_expires.empty())
        problems.emplace_back("--security-contact and --security-expires are needed together");
}

}  // namespace

settings::Group settings_group() {
    return settings::Table<Settings>{
        {
            {"--sample-login", "STAGEDOOR_SAMPLE_LOGIN",
             "on shows the sample buyer's login on the sign-in page; --demo turns it on",
             settings::on_or_off(&Settings::sample_login)},
            {"--security-contact", "STAGEDOOR_SECURITY_CONTACT",
             "where to report vulnerabilities, such as mailto:security@tickets.example: shown in "
             "/.well-known/security.txt (RFC 9116)",
             settings::checked_text(&Settings::security_contact, check_security_contact)},
            {"--security-expires", "STAGEDOOR_SECURITY_EXPIRES",
             "until when that contact is sure to be right, at most a year ahead, such as "
             "2027-06-30T00:00:00Z",
             settings::checked_text(&Settings::security_expires, check_security_expires)},
            {"--time-zone", "STAGEDOOR_TIME_ZONE",
             "what \"tonight\" and \"this weekend\" mean on the landing page, and the country whose "
             "currency is the usual one; such as Europe/Berlin",
             settings::checked_text(&Settings::time_zone, check_time_zone)},
            {"--texts", "STAGEDOOR_TEXTS",
             "a folder with your own help.md, fees.md, terms.md and privacy.md, in Markdown, "
             "or for a language de/help.md; those that are missing are ours",
             settings::checked_text(&Settings::texts, check_texts)},
            {"--live-streams", "STAGEDOOR_LIVE_STREAMS",
             "how many browsers may follow live updates at the same time, one connection each; more reload "
             "now "
             "and then",
             settings::whole(&Settings::live_streams, 0, 100'000)},
            {"--live-streams-per-address", "STAGEDOOR_LIVE_STREAMS_PER_ADDRESS",
             "the same of one IPv4 address or IPv6 /64; without rate limits there is none",
             settings::whole(&Settings::live_streams_of_network, 1, 100'000)},
        },
        check_settings,
        [](Settings& own, const ProgramSettings&) { own.sample_login = true; }};
}

}  // namespace stagedoor::client
