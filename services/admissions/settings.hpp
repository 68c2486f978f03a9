// The settings of admissions.
#pragma once

#include <string>

#include "common/service/settings.hpp"

namespace stagedoor::admissions {

struct Settings {
    std::string secret;
};

[[nodiscard]] inline settings::Group settings_group() {
    return settings::Table<Settings>{{
        {"",
         "ADMISSIONS_SECRET",
         "encrypts the keys that sign ticket codes at rest, and generates the links of doors and transfers; "
         "one process generates it in its data folder if it is not set",
         settings::secret_text(&Settings::secret),
         settings::Kind::secret,
         {},
         "admissions.secret"},
    }};
}

}  // namespace stagedoor::admissions
