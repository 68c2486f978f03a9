// What can be set about notifications.
#pragma once

#include <optional>
#include <string>

namespace stagedoor::settings {
class Group;
}

namespace stagedoor::notifications {

struct Settings {
    std::string smtp_url;           // empty: emails go to mbox files in the data folder
    bool smtp_requires_tls = true;  // refuse a server without TLS
    std::string smtp_user, smtp_password;
    std::string mail_from = "tickets@localhost";
    std::optional<bool> mail_page;  // shows everybody's emails to everybody, where none are sent: development
    // The content of older emails is removed. Long enough to find out why somebody did not get one.
    std::int64_t email_days = 90;  // 0: never
    std::string mail_link_secret;  // generates the tokens of links in emails; auth has the same
};

[[nodiscard]] settings::Group settings_group();

}  // namespace stagedoor::notifications
