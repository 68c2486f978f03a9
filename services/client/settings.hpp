// The settings of client.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stagedoor::settings {
class Group;
}

namespace stagedoor::client {

// The buyer among the sample data.
inline constexpr std::string_view sample_email = "demo@stagedoor.example";
inline constexpr std::string_view sample_password = "backstage-pass";

struct Settings {
    bool sample_login = false;  // the sign-in page shows the sample buyer's email address and password
    // Where to report vulnerabilities, as a URI; empty: there is no /.well-known/security.txt.
    std::string security_contact;
    std::string security_expires;        // when that has to be checked again, RFC 3339
    std::string time_zone = "UTC";       // IANA name
    std::string texts;                   // folder with help.md, fees.md, terms.md, privacy.md; empty: ours
    std::int64_t live_streams = 10'000;  // open at the same time
    std::int64_t live_streams_of_network = 64;  // of one address
};

[[nodiscard]] settings::Group settings_group();

}  // namespace stagedoor::client
