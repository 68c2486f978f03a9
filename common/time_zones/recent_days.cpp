#include "common/time_zones/recent_days.hpp"

#include "common/time_zones/time_zones.hpp"

namespace stagedoor::time_zones {

std::int64_t RecentDays::first() const { return local_day(now, zone) - (count - 1); }

std::optional<std::int64_t> RecentDays::day_of_quarter(std::int64_t number) const {
    auto day = local_day(Instant{number * quarter_ms}, zone);
    return day < first() ? std::nullopt : std::optional{day};
}

}  // namespace stagedoor::time_zones
