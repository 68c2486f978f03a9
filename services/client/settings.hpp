// The settings of client.
#pragma once

#include "common/service/settings.hpp"

namespace stagedoor::client {

// The buyer among the sample data.
inline constexpr std::string_view sample_email = "demo@stagedoor.example";
inline constexpr std::string_view sample_password = "backstage-pass";

struct Settings {
    bool sample_login = false;  // the sign-in page shows the sample buyer's email address and password
};

[[nodiscard]] inline settings::Group settings_group() {
    return settings::Table<Settings>{
        {
            {"--sample-login", "STAGEDOOR_SAMPLE_LOGIN",
             "on shows the sample buyer's login on the sign-in page; --demo turns it on",
             settings::on_or_off(&Settings::sample_login)},
        },
        {},
        [](Settings& own, const ProgramSettings&) { own.sample_login = true; }};
}

}  // namespace stagedoor::client
