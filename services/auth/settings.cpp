#include "services/auth/settings.hpp"

#include "common/service/settings.hpp"
#include "services/auth/forbidden_passwords.hpp"

namespace stagedoor::auth {

void check_settings(const Settings& settings, const ProgramSettings&, std::vector<std::string>& problems) {
    if (!settings.jwt_key_secret_previous.empty() &&
        settings.jwt_key_secret_previous == settings.jwt_key_secret) {
        problems.emplace_back(
            "JWT_KEY_SECRET_PREVIOUS is the same as JWT_KEY_SECRET: set JWT_KEY_SECRET to another one, or "
            "remove JWT_KEY_SECRET_PREVIOUS");
    }
}

settings::Group settings_group() {
    using settings::Kind;
    return settings::Table<Settings>{
        {
            {"--key-rotation-days", "STAGEDOOR_KEY_ROTATION_DAYS",
             "age in days at which the session signing key is replaced",
             settings::whole(&Settings::key_rotation_days, 1, 3650)},
            {"--session-days", "STAGEDOOR_SESSION_DAYS",
             "days after which a session ends however often it is used",
             settings::whole(&Settings::session_days, 1, 365)},
            {"--forbidden-passwords", "STAGEDOOR_FORBIDDEN_PASSWORDS",
             "file with a password per line that nobody may choose, beside those that are easy to guess",
             settings::checked_text(&Settings::forbidden_passwords, forbidden_passwords_problem)},
            {"",
             "JWT_KEY_SECRET",
             "encrypts the session signing keys at rest; one process generates it in its data folder if it "
             "is not set",
             settings::secret_text(&Settings::jwt_key_secret),
             Kind::secret,
             {},
             "jwt-key.secret"},
            {"", "JWT_KEY_SECRET_PREVIOUS",
             "the secret that JWT_KEY_SECRET replaces: auth encrypts the keys anew when it starts; remove it "
             "afterwards",
             settings::secret_text(&Settings::jwt_key_secret_previous), Kind::secret},
            {"",
             "MAIL_LINK_SECRET",
             "generates the tokens of links in emails; the same for auth and notifications; one process "
             "generates it in its data folder if it is not set",
             settings::secret_text(&Settings::mail_link_secret),
             Kind::secret,
             {},
             "mail-link.secret"},
        },
        check_settings};
}

}  // namespace stagedoor::auth
