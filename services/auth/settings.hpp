// What can be set about auth.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stagedoor {
struct ProgramSettings;
namespace settings {
class Group;
}
}  // namespace stagedoor

namespace stagedoor::auth {

struct Settings {
    std::string jwt_key_secret;           // encrypts auth's keys in the database
    std::string jwt_key_secret_previous;  // those that it does not open yet were encrypted with this one
    std::int64_t key_rotation_days = 30;
    std::int64_t session_days = 30;
    std::string forbidden_passwords;  // a file; empty: none
    std::string mail_link_secret;     // generates the tokens of links in emails; notifications has the same
};

// What is wrong with several settings together.
void check_settings(const Settings& settings, const ProgramSettings& program,
                    std::vector<std::string>& problems);

[[nodiscard]] settings::Group settings_group();

}  // namespace stagedoor::auth
