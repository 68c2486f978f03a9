// What can be set about auth.
#pragma once

#include <cstdint>
#include <string>

#include "common/service/settings.hpp"

namespace stagedoor::auth {

struct Settings {
    std::string jwt_key_secret;  // encrypts the signing keys in the database
    std::int64_t key_rotation_days = 30;
    std::string mail_link_secret;  // generates the tokens of links in emails; notifications has the same
};

[[nodiscard]] inline settings::Group settings_group() {
    using settings::Kind;
    return settings::Table<Settings>{{
        {"--key-rotation-days", "STAGEDOOR_KEY_ROTATION_DAYS",
         "age in days at which the session signing key is replaced",
         settings::whole(&Settings::key_rotation_days, 1, 3650)},
        {"",
         "JWT_KEY_SECRET",
         "encrypts the session signing keys at rest; one process generates it in its data folder if it is "
         "not set",
         settings::secret_text(&Settings::jwt_key_secret),
         Kind::secret,
         {},
         "jwt-key.secret"},
        {"",
         "MAIL_LINK_SECRET",
         "generates the tokens of links in emails; the same for auth and notifications; one process "
         "generates it in its data folder if it is not set",
         settings::secret_text(&Settings::mail_link_secret),
         Kind::secret,
         {},
         "mail-link.secret"},
    }};
}

}  // namespace stagedoor::auth
