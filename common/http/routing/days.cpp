#include "common/http/routing/days.hpp"

#include "common/time_zones/time_zones.hpp"

namespace stagedoor::http {

void check_time_zone(const ZoneName& zone, json::Reading& reading) {
    if (zone && !zone->value.empty() && !time_zones::find(zone->value))
        reading.add_error_at("timeZone", "Unknown time zone. Use an IANA name such as Europe/Vienna"_text);
}

time_zones::RecentDays DaysQuery::until(Instant now) const {
    time_zones::RecentDays recent{.now = now, .count = days};
    if (time_zone && !time_zone->value.empty()) recent.zone = time_zone->value;
    return recent;
}

void check(const DaysQuery& query, json::Reading& reading) { check_time_zone(query.time_zone, reading); }

}  // namespace stagedoor::http
