// The settings of tickets.
#pragma once

#include <cstdint>

#include "common/service/settings.hpp"

namespace stagedoor::tickets {

struct Settings {
    std::int64_t listings_per_day = 100;  // per seller
    std::string pictures_folder;          // empty: in the data folder, or nowhere without one
};

[[nodiscard]] inline settings::Group settings_group() {
    return settings::Table<Settings>{{
        {"--listings-per-day", "STAGEDOOR_LISTINGS_PER_DAY",
         "listings that a seller may create within 24 hours",
         settings::whole(&Settings::listings_per_day, 1, 100'000)},
        {"--pictures-folder", "STAGEDOOR_PICTURES_FOLDER",
         "folder of sellers' pictures, the same for all replicas of tickets; default: pictures in the data "
         "folder of one process; without it, separate programs and nodes accept no pictures",
         settings::any_text(&Settings::pictures_folder)},
    }};
}

}  // namespace stagedoor::tickets
