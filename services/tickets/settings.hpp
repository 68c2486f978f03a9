// The settings of tickets.
#pragma once

#include <cstdint>

#include "common/service/settings.hpp"

namespace stagedoor::tickets {

struct Settings {
    std::int64_t listings_per_day = 100;  // per seller
};

[[nodiscard]] inline settings::Group settings_group() {
    return settings::Table<Settings>{{
        {"--listings-per-day", "STAGEDOOR_LISTINGS_PER_DAY",
         "listings that a seller may create within 24 hours",
         settings::whole(&Settings::listings_per_day, 1, 100'000)},
    }};
}

}  // namespace stagedoor::tickets
