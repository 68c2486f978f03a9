#include "services/auth/settings.hpp"

namespace stagedoor::auth {

void check_settings(const Settings& settings, const ProgramSettings&, std::vector<std::string>& problems) {
    if (!settings.jwt_key_secret_previous.empty() &&
        settings.jwt_key_secret_previous == settings.jwt_key_secret) {
        problems.emplace_back(
            "JWT_KEY_SECRET_PREVIOUS is the same as JWT_KEY_SECRET: set JWT_KEY_SECRET to another one, or "
            "remove JWT_KEY_SECRET_PREVIOUS");
    }
}

}  // namespace stagedoor::auth
